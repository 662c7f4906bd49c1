// Numbers that a client gets for frames and variables of one stop. They end when the program runs again.

export class Handles<T> {
	private readonly items: T[] = [];
	/** Numbers of one stop are not used again: a late request for an old one is refused. */
	private base = 1000;

	add(item: T): number {
		this.items.push(item);
		return this.base + this.items.length - 1;
	}

	get(id: number): T | undefined {
		return this.items[id - this.base];
	}

	clear(): void {
		this.base += this.items.length;
		this.items.length = 0;
	}
}
