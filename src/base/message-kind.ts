// What is the same in messages that differ in their particulars: `Timeout after 31 ms for "a"` and `Timeout after 7 ms
// for "b"` are of one kind.

const KIND_LENGTH = 300

/** Quoted texts, addresses, paths, ids and numbers become placeholders. */
export function messageKind(message: string): string {
  return message
    .slice(0, KIND_LENGTH)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi, '<id>')
    .replace(/\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s"',;)]+/gi, '<url>')
    .replace(/[^\s@"'<>()]+@[^\s@"'<>()]+\.[a-z]{2,}/gi, '<email>')
    .replace(/(?<![\w.])(?:[a-z]:\\|~?\.{0,2}\/)[^\s"',;:)]+/gi, '<path>')
    .replace(/\b0x[\da-f]+\b|\b(?=[a-f]*\d)[\da-f]{8,}\b/gi, '<hex>')
    .replace(/\d+(?:[.,]\d+)*/g, '0')
}
