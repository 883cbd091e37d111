<?php
// The shop: products, an order taken, and how many there were. Each real server has a shop of its own.
$database = require __DIR__ . '/database.php';
$ordered = null;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $chosen = $database->prepare('SELECT id, name FROM products WHERE id = ?');
    $chosen->execute([$_POST['product'] ?? 0]);
    $ordered = $chosen->fetch();
    if ($ordered === false) {
        http_response_code(404);
        exit("no such product\n");
    }
    $database->prepare('INSERT INTO orders (product, client) VALUES (?, ?)')->execute([$ordered['id'], $_SERVER['REMOTE_ADDR']]);
}
$products = $database->query(
    'SELECT products.*, COUNT(orders.id) AS orders FROM products LEFT JOIN orders ON product = products.id GROUP BY products.id'
)->fetchAll();
$text = fn ($value) => htmlspecialchars((string) $value);
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop at <?= $text(gethostname()) ?></title>
<h1>Tea shop</h1>
<p>Real server <b><?= $text(gethostname()) ?></b> answers client <b><?= $text($_SERVER['REMOTE_ADDR']) ?></b>.</p>
<?php if ($ordered): ?>
<p>Ordered: <?= $text($ordered['name']) ?>.</p>
<?php endif ?>
<form method="post">
<table>
<tr><th>Product<th>Price<th>Orders<th></tr>
<?php foreach ($products as $product): ?>
<tr><td><?= $text($product['name']) ?><td><?= number_format($product['cents'] / 100, 2) ?><td><?= $product['orders'] ?><td><button name="product" value="<?= $product['id'] ?>">Order</button></tr>
<?php endforeach ?>
</table>
</form>
</html>
