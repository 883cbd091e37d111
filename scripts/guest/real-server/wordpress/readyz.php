<?php
// /readyz: 200 when PHP runs this, the tree is there and the database answers; 503 when not.
define('SHORTINIT', true);
register_shutdown_function(function () {
    if (error_get_last() !== null && !headers_sent()) {
        http_response_code(503);
    }
});
if (!is_readable('/wordpress/wp-load.php')) {
    http_response_code(503);
    exit("tree missing\n");
}
require '/wordpress/wp-load.php';
if ($wpdb->get_var('SELECT 1') !== '1') {
    http_response_code(503);
    exit("database missing\n");
}
header('Content-Type: text/plain');
echo "ready\n";
