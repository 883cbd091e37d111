<?php
// Runs what WordPress has due. The lease is renewed by a run that went well, so that a real server on which it fails loses it.
register_shutdown_function(function () {
    global $wpdb;
    if (!isset($wpdb) || (error_get_last()['type'] ?? 0) === E_ERROR) {
        return;
    }
    $seconds = (int) parse_ini_file('/etc/lvs/cron.conf')['LEASE_SECONDS'];
    $wpdb->query($wpdb->prepare(
        "UPDATE lvs_lease SET ran = UTC_TIMESTAMP(), expires = UTC_TIMESTAMP() + INTERVAL %d SECOND
         WHERE name = 'cron' AND holder = %s",
        $seconds,
        gethostname(),
    ));
});
require '/wordpress/wp-cron.php';
