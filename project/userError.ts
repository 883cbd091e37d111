/** Ends a command with one plain message. */
export class UserError extends Error {}
