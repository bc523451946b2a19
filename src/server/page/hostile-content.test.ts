// Lines, names and messages that want to be more than text, through the page's own code into a document that records
// what becomes of them.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

/** As much of an element as the page's code uses. */
class RecordedElement {
  readonly tag: string
  readonly attributes = new Map<string, string>()
  readonly style = {}
  readonly classList = { toggle: () => undefined }
  children: RecordedElement[] = []
  texts: string[] = []
  className = ''
  hidden = false

  constructor(tag: string) {
    this.tag = tag
  }

  get textContent(): string {
    return [...this.texts, ...this.children.map(child => child.textContent)].join('')
  }

  set textContent(text: string) {
    this.children = []
    this.texts = [text]
  }

  get firstElementChild(): RecordedElement | null {
    return this.children[0] ?? null
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value)
  }

  append(...parts: (RecordedElement | string)[]): void {
    for (const part of parts) {
      if (typeof part === 'string') this.texts.push(part)
      else this.children.push(part)
    }
  }

  insertBefore(child: RecordedElement): void {
    this.children.push(child)
  }

  replaceChildren(...parts: (RecordedElement | string)[]): void {
    this.children = []
    this.texts = []
    this.append(...parts)
  }

  matches(selector: string): boolean {
    return !selector.startsWith(':') && this.className.split(' ').includes(selector.slice(1))
  }

  all(): RecordedElement[] {
    return [this, ...this.children.flatMap(child => child.all())]
  }
}

const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</code></li></ol><svg onload=alert(1)>',
  'javascript:alert(1)',
  '&lt;b&gt;',
  '\u001b[31mred\u001b]8;;http://evil.example\u0007link',
  'nul\u0000 bell\u0007 tab\t',
  'exe.\u202efdp\u2066\u200b\u2028\u2029',
  '__proto__',
  '.a.b #id'
]
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
/** What the page makes; nothing that came with a line may add to it. */
const TAGS = new Set('li div span code ol svg use details summary pre tr th td small b'.split(' '))
const ATTRIBUTES = new Set('title class aria-hidden href role scope data-label'.split(' '))

// The page's modules have no types, and find the browser's document here.
const world = globalThis as { document?: unknown }
world.document = {
  createElement: (tag: string) => new RecordedElement(tag),
  createElementNS: (_namespace: string, tag: string) => new RecordedElement(tag)
}
// biome-ignore lint/suspicious/noExplicitAny: what a module without types exports.
const load = async (file: string): Promise<any> => await import(new URL(file, import.meta.url).href)
const { showErrors, showJourneys } = await load('./lists.js')
const { showNodes } = await load('./numbers.js')

function assertOnlyText(parts: readonly RecordedElement[], payload: string): void {
  const made = parts.flatMap(part => part.all().slice(1))
  assert.ok(made.length > 5)
  for (const element of made) {
    assert.ok(TAGS.has(element.tag), `<${element.tag}> of ${JSON.stringify(payload)}`)
    for (const [name, value] of element.attributes) {
      assert.ok(ATTRIBUTES.has(name), `${name} of ${JSON.stringify(payload)}`)
      if (name === 'href') assert.match(value, /^#i-[a-z_]+$/)
      assert.doesNotMatch(value, INVISIBLE, `${name} of ${JSON.stringify(payload)}`)
    }
    for (const text of element.texts) {
      // Only the lines of a stack keep their ends.
      const shown = element.tag === 'pre' ? text.replaceAll('\n', '') : text
      assert.doesNotMatch(shown, INVISIBLE, `<${element.tag}> of ${JSON.stringify(payload)}`)
    }
  }
}

const parts = () => ({
  list: new RecordedElement('ol'),
  note: new RecordedElement('p'),
  empty: new RecordedElement('p')
})

describe('hostile content on the page', () => {
  for (const payload of PAYLOADS) {
    test(`stays text: ${JSON.stringify(payload)} [A17]`, () => {
      const at = '2026-01-02T03:04:05.000Z'
      const journeys = parts()
      const trace = {
        id: '0:1',
        line: payload,
        line_is_cut: false,
        file: payload,
        line_number: 1,
        route: payload,
        outcome: 'dropped',
        reason: payload,
        had_errors: true,
        settled_at: at,
        hops: [{ processor: payload, parent: null }]
      }
      showJourneys(journeys, { traces: [trace], tracing: true, recorded: 1 })
      const errors = parts()
      const error = {
        processor: payload,
        message: payload,
        line: payload,
        line_is_cut: false,
        file: payload,
        line_number: 1,
        trace_id: '0:1',
        at,
        attempt: 1,
        is_final: true,
        stack: `Error: ${payload}\n    at ${payload}`
      }
      showErrors(errors, { errors: [error], groups: [error], total_errors: 1 })
      const nodes = new RecordedElement('tbody')
      const sink = { name: payload, type: payload, share_of_time: 0, bytes_written: 0 }
      showNodes(nodes, { state: 'running', bottleneck: null, processors: [], sinks: [sink] })

      assertOnlyText([journeys.list, errors.list, nodes], payload)
      if (!INVISIBLE.test(payload)) {
        for (const { textContent } of [journeys.list, errors.list, nodes]) assert.ok(textContent.includes(payload))
      }
    })
  }
})
