// Checks a part of the tree with a schema; every issue becomes a problem at the node that it is about.

import type { z } from 'zod'

import { closestName, didYouMean } from '../base/closest-name.ts'
import { quote } from '../base/quote.ts'
import type { Environment } from './environment.ts'
import { type Issue, issueText, knownKeysHint, paramsOf, withoutFullStop } from './issue-text.ts'
import type { Problems } from './problems.ts'
import { knownKeys } from './schema-keys.ts'
import { type ConfigNode, entryOf, isEmpty, nodeAt, type Position, plainValue, type ScalarNode } from './tree.ts'

export interface Subject {
  readonly schema: z.ZodType
  /** Undefined or empty stands for a map without keys. */
  readonly node: ConfigNode | undefined
  /** Whose options they are, in messages: `"delay"`. */
  readonly owner: string
  /** Where a problem is shown that no node stands for: the owner's key. */
  readonly at: Position
}

export interface Tools {
  readonly problems: Problems
  readonly environment: Environment
}

/** The schema's output, or undefined when there were problems. */
export async function validate(subject: Subject, tools: Tools): Promise<{ value: unknown } | undefined> {
  const isAbsent = subject.node === undefined || isEmpty(subject.node)
  const node: ConfigNode =
    subject.node === undefined || isAbsent ? { kind: 'map', ...position(subject.at), entries: [] } : subject.node
  const before = tools.problems.count
  reportPrototypeKeys(node, subject, tools.problems)
  if (tools.problems.count > before) return undefined

  const replaced = new Map<ConfigNode, unknown>()
  for (;;) {
    let result: z.ZodSafeParseResult<unknown>
    try {
      result = await subject.schema.safeParseAsync(plainValue(node, replaced))
    } catch (cause) {
      // A check of the user's own schema threw instead of reporting an issue.
      const reason = cause instanceof Error ? cause.message : String(cause)
      tools.problems.add(subject.at, withoutFullStop(`the options of ${subject.owner} could not be checked: ${reason}`))
      return undefined
    }
    if (result.success) {
      for (const scalar of replaced.keys()) tools.environment.isNoSecret(scalar as ScalarNode)
      return { value: result.data }
    }
    if (!readAsTyped(result.error.issues, node, replaced)) {
      const issues = result.error.issues.flatMap(issue => nearest(issue))
      for (const issue of withoutEchoes(issues, subject, node, tools))
        report(issue, subject, node, isAbsent, tools.problems)
      return undefined
    }
  }
}

function position({ place, path }: Position): Position {
  return { place, path }
}

/** One mistake, one problem: not again for what follows from a mistyped key or a missing variable. */
function withoutEchoes(issues: readonly Issue[], subject: Subject, root: ConfigNode, tools: Tools): Issue[] {
  const meant = new Set<string>()
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue
    const known = knownKeys(subject.schema, issue.path)
    for (const key of issue.keys) meant.add([...issue.path, closestName(key, known)].map(String).join('.'))
  }
  const mistyped = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => path.map(String).join('.'))
  )
  return issues.filter(issue => {
    // A check of the whole (`give either path or paths`) fails because of the mistyped key.
    if (issue.code === 'custom' && mistyped.has(issue.path.map(String).join('.'))) return false
    const { node, isWhole } = nodeAt(root, issue.path)
    if (isWhole && tools.environment.hasFailed(node)) return false
    return isWhole || !meant.has(issue.path.map(String).join('.'))
  })
}

/** A variable's value is text; where a number or a truth value is asked for, it is read as one. */
function readAsTyped(issues: readonly Issue[], root: ConfigNode, replaced: Map<ConfigNode, unknown>): boolean {
  let isChanged = false
  for (const issue of issues.flatMap(flat)) {
    const { node, isWhole } = nodeAt(root, issue.path)
    if (!isWhole || node.kind !== 'scalar' || !node.isSubstituted || replaced.has(node)) continue
    const typed = typedValue(issue, String(node.value).trim())
    if (typed === undefined) continue
    replaced.set(node, typed)
    isChanged = true
  }
  return isChanged
}

function flat(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  return issue.errors.flat().flatMap(inner => flat({ ...inner, path: [...issue.path, ...inner.path] }))
}

function typedValue(issue: Issue, text: string): number | boolean | undefined {
  const expected =
    issue.code === 'invalid_type'
      ? [issue.expected]
      : issue.code === 'invalid_value'
        ? issue.values.map(value => typeof value)
        : []
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)
  if (isNumber && expected.some(kind => kind === 'number' || kind === 'int')) return Number(text)
  if (/^(true|false)$/.test(text) && expected.includes('boolean')) return text === 'true'
  return undefined
}

/** zod leaves `__proto__` out of records without a word; nothing may be lost that way. */
function reportPrototypeKeys(node: ConfigNode, subject: Subject, problems: Problems): void {
  if (node.kind === 'list') for (const item of node.items) reportPrototypeKeys(item, subject, problems)
  if (node.kind !== 'map') return
  for (const entry of node.entries) {
    if (entry.key === '__proto__') problems.add(entry, `unknown option "__proto__" of ${subject.owner}`)
    reportPrototypeKeys(entry.value, subject, problems)
  }
}

function report(issue: Issue, subject: Subject, root: ConfigNode, isAbsent: boolean, problems: Problems): void {
  const { node, isWhole } = nodeAt(root, issue.path)
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownKey(key, issue.path, node, subject, problems)
    return
  }
  if (isAbsent && issue.path.length === 0 && issue.code === 'invalid_type') {
    problems.add(subject.at, `${subject.owner} needs options`)
    return
  }
  const { message, hint } = issueText(issue, calledAt(issue.path, subject.owner), isWhole ? node : undefined)
  problems.add(positionOf(issue, node, isWhole, root, subject), message, hint)
}

/** `"when" of "route"`, `item 2 of "paths" of "file"`. */
function calledAt(path: readonly PropertyKey[], owner: string): string {
  const name = path.findLast(key => typeof key === 'string')
  const last = path.at(-1)
  const item = typeof last === 'number' ? `item ${last + 1} of ` : ''
  return name === undefined ? `${item}${owner}` : `${item}${quote(name)} of ${owner}`
}

/** An offset in the text (of a condition) points into the value; without one the value itself is the place. */
function positionOf(issue: Issue, node: ConfigNode, isWhole: boolean, root: ConfigNode, subject: Subject): Position {
  const { offset } = paramsOf(issue)
  if (isWhole && node.kind === 'scalar' && typeof offset === 'number') {
    const place = node.placeAt?.(offset)
    if (place !== undefined) return { place, path: node.path }
  }
  // What is missing is shown at the key whose options they are.
  return node === root && !isWhole ? subject.at : node
}

/** The one alternative of a union that is of the value's kind: its issues say what to mend. */
function nearest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue]
  const ofKind = issue.errors.filter(branch => !branch.some(inner => inner.path.length === 0 && isAboutKind(inner)))
  const [branch] = ofKind
  if (branch === undefined || ofKind.length > 1) return [issue]
  return branch.flatMap(inner => nearest({ ...inner, path: [...issue.path, ...inner.path] }))
}

function isAboutKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union'
}

function reportUnknownKey(
  key: string,
  path: readonly PropertyKey[],
  node: ConfigNode,
  subject: Subject,
  problems: Problems
): void {
  const at = node.kind === 'map' ? entryOf(node, key) : undefined
  const known = knownKeys(subject.schema, path)
  const hint = didYouMean(key, known) ?? knownKeysHint(known)
  problems.add(at ?? subject.at, `unknown option ${quote(key)} of ${subject.owner}`, hint)
}
