<?php
// /readyz: 200 when PHP runs this and the database has products; 503 when not.
http_response_code(503);
header('Content-Type: text/plain');
$database = require __DIR__ . '/database.php';
if ($database->query('SELECT COUNT(*) FROM products')->fetchColumn() > 0) {
    http_response_code(200);
    echo "ready\n";
}
