<?php
// PHP sessions of WordPress's plugins, in the site's database: all real servers share them, and the loss of one loses none. wp-config.php
// requires this file; a plugin calls session_start() later, when $wpdb is there.

/** One row per session. A lock in the database keeps two requests of one session apart, on whatever real servers they run. */
final class LvsSessions implements SessionHandlerInterface, SessionUpdateTimestampHandlerInterface
{
    private const LOCK_SECONDS = 15;
    private ?string $locked = null;

    public function open(string $path, string $name): bool
    {
        return isset($GLOBALS['wpdb']);
    }

    public function close(): bool
    {
        $this->unlock();
        return true;
    }

    public function read(string $id): string|false
    {
        $this->lock($id);
        $rows = $this->ask('SELECT data FROM %i WHERE id = %s AND expires > %d', $this->key($id), time());
        return $rows === null ? false : ($rows[0]->data ?? '');
    }

    public function write(string $id, string $data): bool
    {
        // wpdb refuses bytes that are no UTF-8.
        $sql = 'REPLACE INTO %i (id, data, expires) VALUES (%s, FROM_BASE64(%s), %d)';
        return $this->change($sql, $this->key($id), base64_encode($data), $this->end());
    }

    public function validateId(string $id): bool
    {
        return (bool) $this->ask('SELECT id FROM %i WHERE id = %s AND expires > %d', $this->key($id), time());
    }

    public function updateTimestamp(string $id, string $data): bool
    {
        return $this->change('UPDATE %i SET expires = %d WHERE id = %s', $this->end(), $this->key($id));
    }

    public function destroy(string $id): bool
    {
        return $this->change('DELETE FROM %i WHERE id = %s', $this->key($id));
    }

    public function gc(int $max_lifetime): int|false
    {
        return $this->change('DELETE FROM %i WHERE expires <= %d', time()) ? $GLOBALS['wpdb']->rows_affected : false;
    }

    private function end(): int
    {
        return time() + (int) ini_get('session.gc_maxlifetime');
    }

    /** The database, and whoever reads a backup of it, learns no cookie. */
    private function key(string $id): string
    {
        return hash('sha256', $id);
    }

    private function lock(string $id): void
    {
        $this->unlock();
        $name = 'lvs_' . substr($this->key($id), 0, 48);
        $wpdb = $GLOBALS['wpdb'];
        if ($wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', $name, self::LOCK_SECONDS)) === '1') {
            $this->locked = $name;
        }
    }

    private function unlock(): void
    {
        if ($this->locked !== null) {
            $wpdb = $GLOBALS['wpdb'];
            $wpdb->query($wpdb->prepare('SELECT RELEASE_LOCK(%s)', $this->locked));
            $this->locked = null;
        }
    }

    /** Rows, or null when the database cannot be asked. */
    private function ask(string $sql, mixed ...$values): ?array
    {
        return $this->change($sql, ...$values) ? $GLOBALS['wpdb']->last_result : null;
    }

    /** The first session of a site makes the table. */
    private function change(string $sql, mixed ...$values): bool
    {
        $wpdb = $GLOBALS['wpdb'];
        $table = $wpdb->base_prefix . 'lvs_sessions';
        $statement = $wpdb->prepare(str_replace('%i', "`$table`", $sql), ...$values);
        $shown = $wpdb->suppress_errors(true);
        $done = $wpdb->query($statement);
        if ($done === false && str_contains($wpdb->last_error, "doesn't exist")) {
            $columns = 'id CHAR(64) CHARACTER SET ascii PRIMARY KEY, data MEDIUMBLOB NOT NULL, expires INT UNSIGNED NOT NULL';
            $wpdb->query("CREATE TABLE IF NOT EXISTS `$table` ($columns, KEY (expires))");
            $done = $wpdb->query($statement);
        }
        $wpdb->suppress_errors($shown);
        return $done !== false;
    }
}

// Whoever runs PHP by hand, such as WP-CLI, has no sessions.
if (PHP_SAPI !== 'cli') {
    session_set_save_handler(new LvsSessions(), true);
}
