-- The shop's schema and what it sells; may run again on a shop that has orders.
CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE shop;
CREATE TABLE IF NOT EXISTS products (
  id INT PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  cents INT NOT NULL
);
INSERT IGNORE INTO products VALUES (1, 'Teapot', 2490), (2, 'Tea cup', 690), (3, 'Oolong, 100 g', 1250);
CREATE TABLE IF NOT EXISTS orders (
  id INT PRIMARY KEY AUTO_INCREMENT,
  product INT NOT NULL REFERENCES products (id),
  client VARCHAR(45) NOT NULL,
  ordered TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE USER IF NOT EXISTS 'www-data'@localhost IDENTIFIED VIA unix_socket;
GRANT SELECT, INSERT ON shop.* TO 'www-data'@localhost;
