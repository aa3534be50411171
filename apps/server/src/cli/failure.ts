/** Ends a command with exit code 1 and one line for a person; anything else that is thrown is a bug. */
export class CommandFailed extends Error {}
/** Ends a command with exit code 2: the words of the command line are wrong. */
export class WrongUsage extends Error {}
/** The server did not answer, or its answer broke off: it may be there again later. */
export class Unreachable extends CommandFailed {}
