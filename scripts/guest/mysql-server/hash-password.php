<?php
// Prints WordPress's own hash of the password on standard input.
require '/srv/wordpress/wp-includes/class-phpass.php';
echo (new PasswordHash(8, true))->HashPassword(trim(fgets(STDIN)));
