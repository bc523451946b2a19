// The pipeline as it is meant: one line after the other is walked through the graph, depth first. Written from the
// design, not from the engine: no batches, no queues, no promises. Where both differ, one of them is wrong.

import { createHash } from 'node:crypto'

import {
  count,
  type Decide,
  failureKey,
  type Graph,
  type GraphProcessor,
  type Hop,
  type Leaf,
  type Letter,
  type Outcome
} from './graph.ts'
import { frame, type Line } from './lines.ts'

interface Instance {
  readonly value: unknown
  readonly isChanged: boolean
  readonly hasFailedOnce: boolean
  readonly hops: number
  readonly path: readonly string[]
  readonly error: string | undefined
}

type Detail = Pick<Letter, 'kind' | 'processor' | 'tag' | 'attempts'> & Partial<Pick<Letter, 'code' | 'message'>>
type End = Instance & Pick<Leaf, 'outcome' | 'reason' | 'sharedNames'> & { sink: string | undefined; dead?: Detail }

class Undone extends Error {}
class Stopped extends Error {}

export function interpret(graph: Graph): Outcome {
  const decides = new Map(graph.processors.map(processor => [processor.name, processor.createDecide()]))
  const sinks = new Map(graph.sinks.map(name => [name, { parts: [] as Buffer[], missingEnd: '' }]))
  const outcome: Outcome = {
    stop: undefined,
    sinks: new Map(),
    letters: [],
    journeys: [],
    hops: new Map(),
    counts: new Map(),
    paths: new Map()
  }
  for (const line of graph.inputs.flatMap(frame).slice(0, graph.maxLines)) {
    const counts = new Map<string, number>()
    try {
      const hops: Hop[] = []
      const ends = walk(graph, decides, line, counts, hops).map(end => write(line, end, counts))
      settle(line, ends)
      outcome.hops.set(line.place, hops)
    } catch (thrown) {
      if (thrown instanceof Stopped) {
        outcome.stop = `${line.place}: ${thrown.message}`
        break
      }
      if (!(thrown instanceof Undone)) throw thrown
      // All that was made of the line is void; what it took to find out is not counted.
      counts.clear()
      settle(line, [refused('fanout_limit', thrown.message)])
    }
    for (const [key, value] of counts) count(outcome.counts, key, value)
  }
  for (const [name, { parts }] of sinks) outcome.sinks.set(name, Buffer.concat(parts))
  return outcome

  function write(line: Line, end: End, counts: Map<string, number>): End {
    if (end.sink === undefined) return end
    count(counts, `${end.sink} received`)
    let content = line.text
    try {
      if (end.isChanged) content = Buffer.from(typeof end.value === 'string' ? end.value : JSON.stringify(end.value))
    } catch (thrown) {
      const { message } = thrown as Error
      count(counts, failureKey(line.place, end.sink, 1, message))
      count(counts, `${end.sink} errors`)
      count(counts, `${end.sink} dead`)
      const shown = `sink "${end.sink}": ${message}`
      const dead = {
        kind: 'dead',
        processor: end.sink,
        tag: end.sink,
        code: 'not_json',
        message: shown,
        attempts: []
      } as const
      return { ...end, outcome: 'dead', hasFailedOnce: true, dead }
    }
    count(counts, `${end.sink} delivered`)
    const sink = sinks.get(end.sink)!
    sink.parts.push(Buffer.from(sink.missingEnd), content, Buffer.from(line.end))
    sink.missingEnd = line.end === '' ? line.endBefore : ''
    return end
  }

  function settle(line: Line, ends: readonly End[]): void {
    count(outcome.counts, 'entered')
    count(outcome.counts, 'forked', ends.length - 1)
    for (const [fork, end] of ends.entries()) {
      count(outcome.counts, end.outcome)
      count(outcome.paths, `${end.path.join(' > ')}: ${end.outcome}`)
      if (end.dead !== undefined) outcome.letters.push(letterOf(line, end, fork))
    }
    const leaves = ends.map(({ path, outcome, reason, isChanged, hasFailedOnce, sharedNames }) => {
      return { path, outcome, reason, isChanged, hasFailedOnce, sharedNames }
    })
    outcome.journeys.push({ place: line.place, text: line.text.toString('hex'), leaves })
  }
}

/** The instances that the line becomes, in depth-first order. */
function walk(graph: Graph, decides: Map<string, Decide>, line: Line, counts: Map<string, number>, hops: Hop[]): End[] {
  const { maxHops, maxDescendants, maxLineBytes } = graph
  const { length } = line.text
  if (length > maxLineBytes) {
    const message = `the line has ${length} bytes; max_line_bytes is ${maxLineBytes}`
    count(counts, failureKey(line.place, '', 1, message))
    return [refused('line_too_long', message)]
  }
  const ends: End[] = []
  let sharedNames = 0
  let instances = 1
  const value = new TextDecoder('utf-8', { ignoreBOM: line.offset > 0 }).decode(line.text)
  visit({ value, isChanged: false, hasFailedOnce: false, hops: 0, path: [], error: undefined }, graph.entry)
  return ends

  function end(instance: Instance, outcome: Leaf['outcome'], more: Partial<End> = {}): void {
    ends.push({ ...instance, outcome, reason: undefined, sink: undefined, sharedNames, ...more })
  }

  function countFailure(name: string, attempt: number, message: string): void {
    count(counts, `${name} errors`)
    count(counts, failureKey(line.place, name, attempt, message))
  }

  function visit(before: Instance, name: string): void {
    const processor = graph.processors.find(candidate => candidate.name === name)
    if (processor === undefined) {
      hops.push({ name, before: asText(before.value), emitted: [], failures: [] })
      end({ ...before, path: [...before.path, name] }, 'delivered', { sink: name })
      return
    }
    if (before.hops >= maxHops) {
      const message = `visited ${maxHops} processors and was sent on to "${name}"`
      countFailure(name, 1, message)
      count(counts, `${name} dead`)
      const dead = { kind: 'dead', processor: name, tag: name, code: 'hop_limit', message, attempts: [] } as const
      end({ ...before, hasFailedOnce: true }, 'dead', { dead })
      return
    }
    count(counts, `${name} received`)
    const hop: Hop = { name, before: asText(before.value), emitted: [], failures: [] }
    hops.push(hop)
    let instance = { ...before, hops: before.hops + 1, path: [...before.path, name] }
    const failures: string[] = []
    for (let attempt = 1; attempt <= processor.attempts; attempt++) {
      const call = callOnce(processor, instance, attempt)
      if ('emits' in call) {
        sendOn(processor, { ...instance, error: undefined }, call, failures, hop)
        return
      }
      countFailure(name, attempt, call.message)
      instance = { ...instance, hasFailedOnce: true }
      failures.push(`${attempt} ${call.message}`)
      hop.failures.push(`${attempt} ${call.message}`)
      if (attempt === processor.attempts) giveUp(processor, instance, call, failures, hop)
      else count(counts, `${name} retries`)
    }
  }

  function callOnce({ name, accepts, isMapper }: GraphProcessor, { value, error }: Instance, attempt: number) {
    const isText = typeof value === 'string'
    if (accepts !== 'any' && isText !== (accepts === 'text')) {
      const [wants, got, first] = isText ? ['a record', 'text', 'parse_json'] : ['text', 'a record', 'to_json']
      return { code: 'wrong_input', message: `"${name}" takes ${wants}, got ${got}: add ${first} before it` }
    }
    const decision = decides.get(name)!(value, { attempt, place: line.place, error })
    if (decision.hangs === true) return { code: 'timeout', message: 'took longer than 5 ms' }
    if (!isMapper && decision.emits.length > maxDescendants) tooMany()
    if (decision.throws !== undefined) return { code: undefined, message: decision.throws }
    const wrong = decision.emits.find(({ value }) => typeof value !== 'string' && typeof value !== 'object')
    if (wrong === undefined) return decision
    const message = `emitted a ${typeof wrong.value}; a line is text or a record (an object or array)`
    return { code: 'wrong_value', message }
  }

  /** Sends a value on; the hop that it leads to, if any, is the next one. */
  function go(hop: Hop, tag: string | undefined, instance: Instance, way: string): void {
    const emission = { tag, value: asText(instance.value), child: hops.length }
    hop.emitted.push(emission)
    visit(instance, way)
    if (hops.length === emission.child) emission.child = -1
  }

  function sendOn(
    processor: GraphProcessor,
    instance: Instance,
    call: ReturnType<Decide>,
    attempts: string[],
    hop: Hop
  ): void {
    const { name, isMapper, to, target } = processor
    const isEnd = to.size === 0 && target === undefined
    if (call.emits.length === 0) {
      const isDelivered = isEnd && !isMapper && call.drop === undefined
      count(counts, `${name} ${isDelivered ? 'delivered' : 'dropped'}`)
      end(instance, isDelivered ? 'delivered' : 'dropped', isDelivered ? {} : { reason: call.drop ?? 'filtered' })
    }
    instances += Math.max(0, call.emits.length - 1)
    if (instances > maxDescendants) tooMany()
    for (const [index, { tag, value }] of call.emits.entries()) {
      // Everything but the first is a fork, which comes behind all that became of those before it.
      if (index > 0) sharedNames = instance.path.length
      const next = { ...instance, value, isChanged: instance.isChanged || value !== instance.value }
      const way = isMapper ? target : to.get(tag)
      if (way !== undefined || isMapper) count(counts, `${name} -${isMapper ? '' : tag}-> ${way ?? ''}`)
      if (way !== undefined) {
        go(hop, isMapper ? undefined : tag, next, way)
        continue
      }
      // What an end passes on as it is, it sends to nobody.
      if (!isMapper || value !== instance.value) {
        hop.emitted.push({ tag: isMapper ? undefined : tag, value: asText(value), child: -1 })
      }
      if (isMapper) {
        count(counts, `${name} delivered`)
        end(next, 'delivered')
      } else {
        count(counts, `${name} unmatched`)
        end(next, 'unmatched', { dead: { kind: 'unmatched', processor: name, tag, attempts } })
      }
    }
  }

  function giveUp(
    { name, onError }: GraphProcessor,
    instance: Instance,
    failure: Failure,
    attempts: string[],
    hop: Hop
  ): void {
    if (onError === 'stop') throw new Stopped(`processor "${name}": ${failure.message}`)
    if (typeof onError === 'object') {
      count(counts, `${name} -(on_error)-> ${onError.to}`)
      go(hop, '(on_error)', { ...instance, error: failure.message }, onError.to)
    } else if (onError === 'drop') {
      count(counts, `${name} dropped`)
      end(instance, 'dropped', { reason: 'error' })
    } else {
      count(counts, `${name} dead`)
      end(instance, 'dead', { dead: { kind: 'dead', processor: name, tag: name, ...failure, attempts } })
    }
  }

  function tooMany(): never {
    throw new Undone(`one entering line became more than ${maxDescendants} lines`)
  }
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

type Failure = Pick<Letter, 'code'> & { readonly message: string }

/** The engine itself makes a dead letter of the line that entered. */
function refused(code: string, message: string): End {
  return {
    value: undefined,
    isChanged: false,
    hasFailedOnce: true,
    hops: 0,
    path: [],
    error: undefined,
    outcome: 'dead',
    reason: undefined,
    sharedNames: 0,
    sink: undefined,
    dead: { kind: 'dead', processor: '', tag: '', code, message, attempts: [] }
  }
}

function letterOf(line: Line, { dead, path, value, isChanged }: End, fork: number): Letter {
  const original = Buffer.concat([line.text, Buffer.from(line.end)])
  const isCut = dead!.code === 'line_too_long'
  return {
    code: undefined,
    message: undefined,
    ...dead!,
    id: `${line.sourceNumber}:${line.offset}${fork === 0 ? '' : `.${fork}`}`,
    journey: path,
    place: line.place,
    original: original.subarray(0, isCut ? 65_536 : undefined).toString('hex'),
    byteLength: original.length,
    sha256: isCut ? createHash('sha256').update(original).digest('hex') : undefined,
    value: isChanged ? value : undefined
  }
}
