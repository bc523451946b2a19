// Recent journeys and recent errors, newest first. A list that is pointed at or focused stands still.

import { element, icon, isInUse, reconcile, setHidden, setText } from './elements.js'
import { count, preciseClock, visible } from './format.js'

const WORDS = {
  delivered: 'delivered',
  dropped: 'dropped',
  dead: 'dead letter',
  unmatched: 'unmatched',
  joined: 'joined',
  in_flight: 'in flight'
}
/** Chips of one journey; a line that was forked a thousand times has more visits than anyone can read. */
const SHOWN_CHIPS = 24
/** Characters of a line; the rest is in /trace. */
const SHOWN_CHARACTERS = 2_000

export function showJourneys({ list, note, empty }, traces) {
  const isHeld = isInUse(list)
  setText(note, journeysNote(traces, isHeld))
  if (isHeld) return
  const newestFirst = traces.traces.toReversed()
  reconcile(list, newestFirst, trace => `${trace.id} ${trace.settled_at}`, makeJourney)
  setHidden(empty, newestFirst.length > 0)
  setText(empty, traces.hint ?? 'No line has come to its end yet.')
}

function journeysNote(traces, isHeld) {
  if (!traces.tracing) return 'not recorded'
  if (isHeld && traces.traces.length > 0) return 'stands still while you are here'
  if (traces.recorded === null) return `newest ${count(traces.traces.length)} that were kept`
  return traces.recorded === 0 ? '' : `newest ${count(traces.traces.length)} of ${count(traces.recorded)}`
}

function makeJourney(trace) {
  return element('li.journey', [
    element('div.row', [
      outcome(trace),
      element('span.chips', chipsOf(trace), { title: visible(trace.route) }),
      element('span.meta.number', preciseClock(trace.settled_at), { title: trace.settled_at })
    ]),
    element('div.row', [lineText(trace.line, trace.line_is_cut), element('span.meta', [place(trace)])])
  ])
}

function outcome(trace) {
  const reason = trace.reason === null ? '' : `: ${visible(trace.reason)}`
  const word = element(`span.outcome.outcome--${trace.outcome}`, [
    icon(trace.outcome),
    `${WORDS[trace.outcome]}${reason}`
  ])
  if (trace.had_errors) word.append(element('span.outcome__retry', 'after a failed try'))
  return word
}

/** Names as chips; a fork as `(a › b | c)`, the way /trace writes it. */
function chipsOf(trace) {
  if (trace.hops.length === 0) return [element('span.chips__sign', 'no processor')]
  const children = trace.hops.map(() => [])
  const beginnings = []
  for (const [index, { parent }] of trace.hops.entries()) (parent === null ? beginnings : children[parent]).push(index)
  const signs = []
  write(beginnings)
  if (signs.length <= SHOWN_CHIPS * 2) return signs
  const hidden = trace.hops.length - signs.slice(0, SHOWN_CHIPS * 2).filter(sign => sign.matches('.chip')).length
  return [...signs.slice(0, SHOWN_CHIPS * 2), element('span.chips__sign', `… ${count(hidden)} more visits`)]

  function write(indexes) {
    if (indexes.length > 1) signs.push(element('span.chips__sign', '('))
    indexes.forEach((index, position) => {
      if (position > 0) signs.push(element('span.chips__sign', '|'))
      signs.push(element('code.chip', visible(trace.hops[index].processor)))
      if (children[index].length === 0) return
      signs.push(element('span.chips__sign', '›'))
      write(children[index])
    })
    if (indexes.length > 1) signs.push(element('span.chips__sign', ')'))
  }
}

export function showErrors({ list, note, empty }, errors) {
  const isHeld = isInUse(list)
  setText(note, errorsNote(errors, isHeld))
  if (isHeld) return
  const newestFirst = errors.errors.toReversed()
  // Of a run that is over only the kinds are known.
  const kinds = newestFirst.length === 0 ? errors.groups : []
  reconcile(
    list,
    [...newestFirst, ...kinds],
    error => `${error.trace_id} ${error.processor} ${error.attempt ?? error.id} ${error.at ?? error.last_at}`,
    error => (error.at === undefined ? makeKind(error) : makeError(error))
  )
  setHidden(empty, newestFirst.length + kinds.length > 0)
  setText(empty, errors.total_errors === 0 ? 'No processor has failed.' : (errors.hint ?? 'None of them is kept.'))
}

function errorsNote(errors, isHeld) {
  if (isHeld && errors.errors.length > 0) return 'stands still while you are here'
  if (errors.total_errors === 0) return ''
  const kinds = errors.groups.length === 1 ? '1 kind' : `${count(errors.groups.length)} kinds`
  if (errors.errors.length === 0) return `${count(errors.total_errors)} in all · ${kinds}`
  return `newest ${count(errors.errors.length)} of ${count(errors.total_errors)} · ${kinds}`
}

/** All errors of one kind, with the newest line. */
function makeKind(kind) {
  return element('li.error', [
    element('div.row', [
      icon('error'),
      kind.processor === null ? element('span.chip', 'engine') : element('code.chip', visible(kind.processor)),
      element('span.error__message', visible(kind.message), { title: visible(kind.message) }),
      element('span.meta.number', `${count(kind.count)} ×`, { title: `last at ${kind.last_at}` })
    ]),
    element('div.row', [lineText(kind.line, false), element('span.meta', [place(kind)])])
  ])
}

function makeError(error) {
  const head = [
    icon('error'),
    error.processor === null ? element('span.chip', 'engine') : element('code.chip', visible(error.processor)),
    element('span.error__message', visible(error.message), { title: visible(error.message) }),
    element('span.meta.number', preciseClock(error.at), { title: error.at })
  ]
  const attempt = error.is_final ? `try ${count(error.attempt)}, final` : `try ${count(error.attempt)}, was tried again`
  const body = [lineText(error.line, error.line_is_cut), element('span.meta', [`${attempt} · `, place(error)])]
  const item = element('li.error', [element('div.row', head), element('div.row', body)])
  if (error.stack !== null) {
    item.append(
      element('details', [
        element('summary', 'Stack'),
        element('pre', visible(error.stack.replaceAll('\t', '  ')).replaceAll('␊', '\n'))
      ])
    )
  }
  return item
}

function lineText(line, isCut) {
  const shown = line.slice(0, SHOWN_CHARACTERS)
  const isWhole = shown.length === line.length && !isCut
  return element('code.line', line === '' ? '(empty line)' : visible(shown) + (isWhole ? '' : ' …'))
}

function place({ file, line_number, id, trace_id }) {
  return element('span.place', `${file === null ? 'source' : visible(file)}:${line_number}`, {
    title: `byte offset ${(id ?? trace_id).split(':')[1]}`
  })
}
