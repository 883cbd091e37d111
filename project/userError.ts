/** Ends a command with one plain message and exit code 1. */
export class UserError extends Error {}

/** Ends a command whose words are wrong with one plain message and exit code 2. */
export class UsageError extends UserError {}
