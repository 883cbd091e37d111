<?php
// /readyz: 200 when PHP runs this, the tree is there and the database answers; 503 when not.
define('SHORTINIT', true);
register_shutdown_function(function () {
    if (error_get_last() !== null && !headers_sent()) {
        http_response_code(503);
    }
});
// Asked of the kernel's list: looking at a mount whose server is silent would wait for it.
$mounts = file_get_contents('/proc/self/mounts');
foreach (preg_grep('/ nfs4 /', file('/etc/fstab')) as $line) {
    $point = explode(' ', $line)[1];
    if (!str_contains($mounts, " $point nfs4 ")) {
        http_response_code(503);
        exit("$point missing\n");
    }
}
if (is_file('/etc/lvs/rsyncd.conf') && !is_file('/wordpress/.pushed')) {
    http_response_code(503);
    exit("nothing pushed yet\n");
}
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
