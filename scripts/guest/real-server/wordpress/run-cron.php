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
// After a new image, or the restore of an older backup, the tables are those of an older WordPress. In the form in which WordPress takes
// hooks over when it loads.
$GLOBALS['wp_filter']['wp_loaded'][10]['lvs'] = ['accepted_args' => 0, 'function' => function () {
    global $wp_db_version;
    $former = (int) get_option('db_version');
    // Before the first push, a real server has the image's code, not the site's.
    $is_pushed = !is_file('/etc/lvs/rsyncd.conf') || is_file('/wordpress/.pushed');
    if ($former >= $wp_db_version || !$is_pushed) {
        return;
    }
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    wp_upgrade();
    echo "WordPress's tables are upgraded from version $former to $wp_db_version\n";
}];
require '/wordpress/wp-cron.php';
