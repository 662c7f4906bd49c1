// File names of fragments as the program records them.

const MARK = "$GOROOT";

/** `$GOROOT/src/…` with the GOROOT in place; fragments keep the mark so that they do not depend on where Go lies. */
export function expandFile(path: string, goroot: string): string {
	return goroot !== "" && path.startsWith(`${MARK}/`) ? goroot + path.slice(MARK.length) : path;
}
