<?php
// WordPress's own installer, without a browser and without mail.
$_SERVER['HTTP_HOST'] = 'localhost';
$_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require '/wordpress/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('WordPress', 'admin', 'admin@example.org', true, '', wp_generate_password(32));
switch_theme('twentytwentythree');
