<?php
// How php-fpm's caches are sized, and how much of them is in use.
$opcache = opcache_get_status(false);
header('Content-Type: application/json');
echo json_encode([
    'opcacheMiB' => opcache_get_configuration()['directives']['opcache.memory_consumption'] >> 20,
    'opcacheUsedMiB' => $opcache['memory_usage']['used_memory'] >> 20,
    'opcacheFull' => $opcache['cache_full'],
    'scripts' => $opcache['opcache_statistics']['num_cached_scripts'],
    'realpathCacheKiB' => ini_parse_quantity(ini_get('realpath_cache_size')) >> 10,
    'realpathCacheUsedKiB' => realpath_cache_size() >> 10,
]), "\n";
