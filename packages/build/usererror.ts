/** A mistake of the user: its message is printed as it is. */
export class UserError extends Error {
	/** Exit code of the command. */
	readonly exit: number;
	constructor(message: string, exit = 1) {
		super(message);
		this.exit = exit;
	}
}
