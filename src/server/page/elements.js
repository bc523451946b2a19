// Making and updating elements. Content is only ever set as text: nothing here can turn a line into markup.

const SVG = 'http://www.w3.org/2000/svg'

/** `element('span.name', 'text')`, `element('td', [child, 'text'])`. Attributes: `{ title: '…' }`. */
export function element(selector, content = [], attributes = {}) {
  const [tag, ...classes] = selector.split('.')
  const made = document.createElement(tag)
  if (classes.length > 0) made.className = classes.join(' ')
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...(Array.isArray(content) ? content : [content]))
  return made
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', `i i--${name}`)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `#i-${name}`)
  svg.append(use)
  return svg
}

/** Changes the text only when it differs, so that a selection survives. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setHidden(node, isHidden) {
  if (node.hidden !== isHidden) node.hidden = isHidden
}

/** Replaces the content unless it says the same as before. `signature` is what the content depends on. */
export function setContent(node, signature, makeContent) {
  if (node.signature === signature) return
  node.signature = signature
  node.replaceChildren(...makeContent())
}

/**
 * Makes the children of `parent` those of `items`, in order, keeping the element of each key: what is open, focused or
 * selected stays so.
 */
export function reconcile(parent, items, keyOf, make, update = () => {}) {
  const old = new Map([...parent.children].map(child => [child.key, child]))
  let place = parent.firstElementChild
  for (const item of items) {
    const key = keyOf(item)
    let child = old.get(key)
    if (child === undefined) {
      child = make(item)
      child.key = key
    }
    old.delete(key)
    update(child, item)
    if (child === place) place = place.nextElementSibling
    else parent.insertBefore(child, place)
  }
  for (const child of old.values()) child.remove()
}

/** True while the pointer or the focus is inside: what one looks at must not move away. */
export function isInUse(node) {
  return node.matches(':hover') || node.matches(':focus-within')
}
