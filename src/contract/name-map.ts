// A map from names that users chose to numbers. It becomes a JSON object whose members stand in declared order and
// carry every name as it is: `__proto__`, `constructor`, `1`. A JavaScript object could do neither.

/** May stand at the top level of an answer only: `jsonText` writes it, `JSON.stringify` refuses it. */
export class NameMap {
  readonly entries: readonly (readonly [name: string, value: number])[]

  constructor(entries: readonly (readonly [name: string, value: number])[]) {
    this.entries = entries
  }

  /** The text of the JSON object. */
  toText(): string {
    return `{${this.entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
  }

  toJSON(): never {
    throw new TypeError('a NameMap stands at the top level of an answer only')
  }
}

/** The type of an answer as the server makes it: where the schema shows an object of names, a NameMap stands. */
export type Answer<Schema, NameMaps extends keyof Schema = never> = Omit<Schema, NameMaps> & {
  readonly [name in NameMaps]: NameMap
}

/** JSON of an answer: an object whose members may be NameMaps. Members that are undefined are left out. */
export function jsonText(answer: object): string {
  const members: string[] = []
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined) continue
    members.push(`${JSON.stringify(name)}:${value instanceof NameMap ? value.toText() : JSON.stringify(value)}`)
  }
  return `{${members.join(',')}}`
}
