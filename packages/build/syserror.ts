// Errors of the file system in Go's words: "open NAME: no such file or directory".

/** syscall.Errno's texts where they differ from what Node prints, or that matter to users. */
const texts: Readonly<Record<string, string>> = {
	EACCES: "permission denied",
	EPERM: "operation not permitted",
	ENOENT: "no such file or directory",
	EEXIST: "file exists",
	ENOTDIR: "not a directory",
	EISDIR: "is a directory",
	ENOTEMPTY: "directory not empty",
	ENOSPC: "no space left on device",
	EDQUOT: "disk quota exceeded",
	EFBIG: "file too large",
	EROFS: "read-only file system",
	EIO: "input/output error",
	ELOOP: "too many levels of symbolic links",
	EMFILE: "too many open files",
	ENFILE: "too many open files in system",
	ENAMETOOLONG: "file name too long",
	ETXTBSY: "text file busy",
	EBUSY: "device or resource busy",
	EXDEV: "invalid cross-device link",
	EINVAL: "invalid argument",
	ENOMEM: "cannot allocate memory",
	ENOEXEC: "exec format error",
};

/** The text of an error's number alone. */
export function errnoText(err: unknown): string {
	const { code, message } = err as NodeJS.ErrnoException;
	return (code === undefined ? undefined : texts[code]) ?? message;
}

/** As Go's os.PathError prints: operation, path, text. */
export function pathError(op: string, path: string, err: unknown): string {
	return `${op} ${path}: ${errnoText(err)}`;
}
