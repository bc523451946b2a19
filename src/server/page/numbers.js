// Figures, ledger and the table of processors.

import { element, icon, reconcile, setContent, setText } from './elements.js'
import { bytes, count, duration, percent, rate, visible } from './format.js'

/** Label, icon, value with unit, one line of context, and whether it deserves the eye. */
function figuresOf(stats) {
  const { ledger, rates } = stats
  const isOver = Boolean(stats.stored)
  const waiting = stats.in_flight.filter(line => line.is_waiting).length
  return [
    {
      label: 'Lines',
      value: rate(rates.lines),
      unit: '/s',
      more: isOver
        ? 'it is over'
        : rates.window_seconds < 1
          ? 'just started'
          : `mean of the last ${Math.round(rates.window_seconds)} s`
    },
    {
      label: 'Processed',
      icon: 'delivered',
      value: count(stats.total_lines_processed),
      more: `${count(ledger.entered)} entered`
    },
    {
      label: 'Errors',
      icon: 'error',
      value: count(stats.total_errors),
      more: rates.errors === 0 ? 'failed tries' : `${rate(rates.errors)}/s now`,
      isAlarm: stats.total_errors > 0
    },
    {
      label: 'Dead letters',
      icon: 'dead',
      value: count(ledger.dead),
      more: 'failed for good',
      isAlarm: ledger.dead > 0
    },
    {
      label: 'In flight',
      icon: 'in_flight',
      value: count(ledger.in_flight),
      more: waiting > 0 ? `${count(waiting)} wait for their next try` : 'have no outcome yet'
    },
    {
      label: 'Unaccounted',
      icon: ledger.unaccounted === 0 ? 'delivered' : 'error',
      value: count(ledger.unaccounted),
      more: ledger.unaccounted === 0 ? 'the ledger adds up' : 'lines are missing',
      isAlarm: ledger.unaccounted !== 0
    }
  ]
}

export function showFigures(list, stats) {
  reconcile(
    list,
    figuresOf(stats),
    figure => figure.label,
    makeFigure,
    (node, figure) => {
      node.classList.toggle('is-alarm', figure.isAlarm === true)
      setContent(node.firstElementChild, `${figure.icon}`, () => [
        ...(figure.icon ? [icon(figure.icon)] : []),
        figure.label
      ])
      setText(node.querySelector('.figure__number'), figure.value)
      setText(node.querySelector('.figure__more'), figure.more)
    }
  )
}

function makeFigure(figure) {
  return element('div.figure', [
    element('dt.figure__label'),
    element('dd.figure__value', [
      element('span.figure__number'),
      ...(figure.unit ? [element('small', figure.unit)] : [])
    ]),
    element('dd.figure__more')
  ])
}

export function showLedger(equation, badge, { ledger }) {
  const terms = [
    ['entered', ledger.entered],
    ['replayed', ledger.replayed],
    ['forked', ledger.forked]
  ]
  const outcomes = ['delivered', 'dropped', 'dead', 'unmatched', ...(ledger.joined > 0 ? ['joined'] : []), 'in_flight']
  setContent(equation, JSON.stringify(ledger), () => [
    ...joinedBy(
      '+',
      terms.map(([name, lines]) => term(name, lines))
    ),
    element('span.ledger__sign', '='),
    ...joinedBy(
      '+',
      outcomes.map(name => term(name.replace('_', ' '), ledger[name], name))
    )
  ])
  const isWhole = ledger.unaccounted === 0
  badge.classList.toggle('is-alarm', !isWhole)
  setContent(badge, String(ledger.unaccounted), () => [
    icon(isWhole ? 'delivered' : 'error'),
    `${count(ledger.unaccounted)} ${Math.abs(ledger.unaccounted) === 1 ? 'line' : 'lines'} unaccounted`
  ])
}

function term(name, lines, iconName) {
  return element('span.ledger__term', [...(iconName ? [icon(iconName)] : []), element('b', count(lines)), ` ${name}`])
}

function joinedBy(sign, nodes) {
  return nodes.flatMap((node, index) => (index === 0 ? [node] : [element('span.ledger__sign', sign), node]))
}

const COLUMNS = [
  { name: 'received', head: 'Received', text: node => count(node.received) },
  { name: 'emitted', head: 'Emitted', text: node => count(node.emitted ?? node.delivered) },
  { name: 'errors', head: 'Errors', text: node => count(node.errors), isAlarm: node => node.errors > 0 },
  { name: 'retries', head: 'Retries', text: node => (node.retries === undefined ? '–' : count(node.retries)) },
  { name: 'dropped', head: 'Dropped', text: node => (node.dropped === undefined ? '–' : count(node.dropped)) },
  { name: 'rate', head: 'Lines/s', text: node => rate(node.lines_per_second) },
  { name: 'p50', head: 'p50', text: node => quantile(node, node.p50) },
  { name: 'p99', head: 'p99', text: node => quantile(node, node.p99) }
]

/** An estimate says so: `≈ 1.2 µs`. */
function quantile(node, seconds) {
  return `${node.is_estimate && seconds !== null ? '≈ ' : ''}${duration(seconds)}`
}

/** The style sheet lays the table out anew on a phone, and browsers then forget that it is one: roles say it again. */
export function prepareTable(table) {
  table.setAttribute('role', 'table')
  for (const part of [table.tHead, table.tBodies[0]]) part.setAttribute('role', 'rowgroup')
  table.tHead.rows[0].setAttribute('role', 'row')
  makeHeads(table.tHead.rows[0])
}

function makeHeads(row) {
  const heads = COLUMNS.map(({ head }) => element('th.number', head, { scope: 'col', role: 'columnheader' }))
  const [name, time] = ['Name', 'Share of time'].map(head =>
    element('th', head, { scope: 'col', role: 'columnheader' })
  )
  row.append(name, ...heads.slice(0, 6), time, ...heads.slice(6))
}

export function showNodes(body, stats) {
  const nodes = [
    ...stats.processors.map(node => ({ ...node, kind: 'processor' })),
    ...stats.sinks.map(node => ({ ...node, kind: 'sink' }))
  ]
  reconcile(
    body,
    nodes,
    node => `${node.kind} ${node.name}`,
    makeNode,
    (row, node) => {
      for (const { name, text, isAlarm } of COLUMNS) {
        const cell = row.numbers[name]
        setText(cell, text(node))
        cell.classList.toggle('is-alarm', isAlarm?.(node) === true)
      }
      setText(row.share, percent(node.share_of_time))
      row.bar.style.width = `${(node.share_of_time * 100).toFixed(1)}%`
      row.classList.toggle('is-hot', stats.bottleneck?.node === node.name && stats.state === 'running')
      const isBusy = (node.busy_seconds ?? 0) >= 0.5
      setText(row.busy, isBusy ? `busy for ${duration(node.busy_seconds)}` : note(node))
      row.busy.classList.toggle('is-busy', isBusy)
    }
  )
}

function note(node) {
  if (node.kind === 'sink') {
    const type = visible(node.type)
    return node.bytes_written > 0 ? `${type} · ${bytes(node.bytes_written)}` : type
  }
  return node.held > 0 ? `${count(node.held)} inside` : ''
}

function makeNode(node) {
  const row = element('tr', [], { role: 'row' })
  const name = element('th.node__name', [element('code', visible(node.name), { title: visible(node.name) })], {
    scope: 'row',
    role: 'rowheader'
  })
  row.busy = element('small')
  name.append(row.busy)
  row.numbers = {}
  for (const column of COLUMNS) {
    row.numbers[column.name] = element('td.number', '', {
      role: 'cell',
      'data-label': column.head,
      class: `number cell--${column.name}`
    })
  }
  row.bar = element('span')
  row.share = element('span.share__text.number')
  const share = element('td', [element('div.share', [element('div.share__bar', [row.bar]), row.share])], {
    role: 'cell',
    class: 'cell--share'
  })
  const all = Object.values(row.numbers)
  row.append(name, ...all.slice(0, 6), share, ...all.slice(6))
  return row
}
