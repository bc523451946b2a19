// Names → node ids: where each processor's lines go.

import { closestName } from '../base/closest-name.ts'
import { quote, quoteList } from '../base/quote.ts'
import type { OnErrorPlan, TagPlan } from '../engine/plan.ts'
import type { Context } from './context.ts'
import { describeNode } from './issue-text.ts'
import { notNamed, readName } from './names.ts'
import type { ProcessorDraft } from './processors.ts'
import type { ConfigNode, MapNode, Position } from './tree.ts'

export interface Connection {
  readonly tags: readonly TagPlan[]
  readonly target: number | undefined
  readonly isEnd: boolean
  readonly onError: OnErrorPlan
  /** Some of it could not be told. */
  readonly isIncomplete: boolean
  /** Ids that mistyped names most likely stand for: taken as led to, so that one slip is not reported twice. */
  readonly suspected: readonly number[]
}

export interface Nodes {
  /** Id by name; processors first, then sinks. */
  readonly ids: ReadonlyMap<string, number>
  /** The pipeline itself has sinks: then nothing may end anywhere else. */
  readonly hasSinks: boolean
  /** Sink for processors without `to`, when the pipeline has none of its own. */
  readonly addedSink: string | undefined
}

export function connect(draft: ProcessorDraft, nodes: Nodes, context: Context): Connection {
  return new Connector(draft, nodes, context).connection()
}

class Connector {
  readonly #draft: ProcessorDraft
  readonly #nodes: Nodes
  readonly #context: Context
  readonly #suspected: number[] = []
  #isIncomplete = false

  constructor(draft: ProcessorDraft, nodes: Nodes, context: Context) {
    this.#draft = draft
    this.#nodes = nodes
    this.#context = context
  }

  connection(): Connection {
    const { behaviour, onError, to } = this.#draft
    if (behaviour === undefined && to !== undefined) this.#checkNames(to)
    const tags = behaviour?.tags === undefined ? [] : this.#tags(behaviour.tags)
    const target = behaviour !== undefined && behaviour.tags === undefined ? this.#mapperTarget() : undefined
    const errorTarget = onError.kind === 'to' ? this.#node(onError.name, onError.node, undefined) : undefined
    return {
      tags,
      target,
      isEnd: behaviour !== undefined && !this.#isIncomplete && tags.length === 0 && target === undefined,
      onError: onError.kind !== 'to' ? onError : { kind: 'to', target: errorTarget ?? 0 },
      isIncomplete: this.#isIncomplete || behaviour === undefined,
      suspected: this.#suspected
    }
  }

  /** All that can be checked while it is unknown what the processor emits. */
  #checkNames(to: ConfigNode): void {
    if (to.kind === 'map') for (const { value } of to.entries) this.#namedBy(value)
    else this.#namedBy(to)
  }

  #mapperTarget(): number | undefined {
    const { to, name, entry } = this.#draft
    if (to === undefined) {
      if (this.#nodes.addedSink !== undefined) return this.#nodes.ids.get(this.#nodes.addedSink)
      if (!this.#nodes.hasSinks) return undefined
      const isFunction = entry.value.kind === 'code'
      const hint = isFunction ? 'Write { use: …, to: NAME }.' : 'Add to: NAME.'
      this.#problem(entry, `the processor ${quote(name)} does not say where its lines go`, hint)
      return undefined
    }
    if (to.kind === 'map') {
      this.#problem(to, `the processor ${quote(name)} has one way out`, 'Write to: NAME.')
      return undefined
    }
    return this.#namedBy(to)
  }

  #tags(tags: readonly string[]): TagPlan[] {
    const { to, name } = this.#draft
    if (to === undefined) return this.#connected(tags, new Map())
    if (to.kind === 'map') return this.#connected(tags, this.#mapping(to, tags))
    if (tags.length === 1) {
      const target = this.#namedBy(to)
      return target === undefined ? [] : [{ tag: tags[0], target }]
    }
    if (tags.length === 0) {
      this.#problem(to, `the processor ${quote(name)} emits nothing, so it needs no "to"`)
      return []
    }
    const hint = `Map each: to: { ${tags[0]}: NAME, … }.`
    this.#problem(to, `the processor ${quote(name)} emits ${tags.length} tags, ${quoteList(tags)}`, hint)
    return []
  }

  /** What `to: { tag: name }` says of the processor's tags. */
  #mapping(to: MapNode, tags: readonly string[]): Map<string, ConfigNode> {
    const mapping = new Map<string, ConfigNode>()
    for (const entry of to.entries) {
      if (tags.includes(entry.key)) {
        mapping.set(entry.key, entry.value)
        continue
      }
      const closest = closestName(entry.key, tags)
      const known = tags.length === 0 ? 'It emits nothing.' : `It emits ${quoteList(tags)}.`
      const hint = closest === undefined ? known : `Did you mean ${quote(closest)}?`
      this.#problem(entry, `the processor ${quote(this.#draft.name)} does not emit ${quote(entry.key)}`, hint)
      // The slip's own tag would be reported as leading nowhere.
      if (closest !== undefined && !mapping.has(closest)) mapping.set(closest, entry.value)
    }
    return mapping
  }

  #connected(tags: readonly string[], mapping: ReadonlyMap<string, ConfigNode>): TagPlan[] {
    const connected: TagPlan[] = []
    for (const tag of tags) {
      const node = mapping.get(tag)
      const target = node === undefined ? this.#node(tag, this.#placeOfTag(tag), tag) : this.#namedBy(node)
      if (target !== undefined) connected.push({ tag, target })
    }
    return connected
  }

  /** Where the options themselves name the tag (`route`), else the processor. */
  #placeOfTag(tag: string): Position {
    const options = this.#draft.behaviour?.component.options
    return (options === undefined ? undefined : findTag(options, tag)) ?? this.#draft.entry
  }

  #namedBy(node: ConfigNode): number | undefined {
    if (node.kind !== 'scalar') {
      this.#problem(node, `"to" must be a name, not ${describeNode(node)}`)
      return undefined
    }
    const name = readName(node, '"to"', this.#context)
    if (name === undefined) {
      this.#isIncomplete = true
      return undefined
    }
    return this.#node(name, node, undefined)
  }

  /** `tag` is given when no `to` maps it: then its own name is where it goes. */
  #node(name: string, at: Position, tag: string | undefined): number | undefined {
    const { ids } = this.#nodes
    const id = ids.get(name)
    if (id !== undefined) return id
    const closest = closestName(name, ids.keys())
    if (closest !== undefined) this.#suspected.push(ids.get(closest)!)
    const near = closest === undefined ? undefined : `Did you mean ${quote(closest)}?`
    if (tag === undefined) {
      this.#problem(at, notNamed(name), near ?? `There are ${quoteList(ids.keys())}.`)
    } else {
      const hint = near ?? `Add one, or map the tag: to: { ${tag}: NAME }.`
      this.#problem(at, `the processor ${quote(this.#draft.name)} emits ${quote(tag)}, but ${notNamed(name)}`, hint)
    }
    return undefined
  }

  #problem(at: Position, message: string, hint?: string): void {
    this.#isIncomplete = true
    this.#context.problems.add(at, message, hint)
  }
}

function findTag(node: ConfigNode, tag: string): Position | undefined {
  const children = node.kind === 'list' ? node.items : node.kind === 'map' ? node.entries.map(({ value }) => value) : []
  if (node.kind === 'map') {
    const to = node.entries.find(({ key, value }) => key === 'to' && value.kind === 'scalar' && value.text === tag)
    if (to !== undefined) return to.value
  }
  for (const child of children) {
    const found = findTag(child, tag)
    if (found !== undefined) return found
  }
  return undefined
}
