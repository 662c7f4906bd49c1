// File names of fragments as the program records them.

const MARK = "$GOROOT";

/**
 * Puts the GOROOT into `$GOROOT/src/…`; fragments keep the mark so that they do not depend on where
 * Go lies. The function remembers its answers.
 */
export function fileExpander(goroot: string): (path: string) => string {
	const known = new Map<string, string>();
	return (path) => {
		let full = known.get(path);
		if (full === undefined) {
			full = goroot !== "" && path.startsWith(`${MARK}/`) ? goroot + path.slice(MARK.length) : path;
			known.set(path, full);
		}
		return full;
	};
}
