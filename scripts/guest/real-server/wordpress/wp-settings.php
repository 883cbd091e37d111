<?php
// In the place of WordPress itself: lvs-cron wants of wp-config.php no more than what it defines.
