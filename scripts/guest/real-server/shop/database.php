<?php
// This real server's own database, through its socket: MariaDB knows www-data by its user id and wants no password.
return new PDO('mysql:unix_socket=/run/mysqld/mysqld.sock;dbname=shop;charset=utf8mb4', 'www-data');
