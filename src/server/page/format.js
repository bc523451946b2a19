// How numbers, times and text are written on the page. Pure functions.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `12,481,904` */
export function count(number) {
  return grouped.format(number)
}

/** `8.1`, `412`, `41,180`: a rate has three significant digits below 100, and whole numbers above. */
export function rate(perSecond) {
  if (perSecond === 0) return '0'
  return perSecond < 99.95 ? significant(perSecond) : grouped.format(perSecond)
}

/** `1.20 µs`, `412 µs`, `31.0 ms`, `1.00 s`, `5 min 03 s`, `2 h 14 min`; `–` when it is not known. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–'
  if (seconds === 0) return '0 s'
  if (seconds < 999.5e-9) return `${significant(seconds * 1e9)} ns`
  if (seconds < 999.5e-6) return `${significant(seconds * 1e6)} µs`
  if (seconds < 0.9995) return `${significant(seconds * 1e3)} ms`
  if (seconds < 59.95) return `${significant(seconds)} s`
  return elapsed(seconds)
}

/** `8 s`, `5 min 03 s`, `2 h 14 min`, `3 d 4 h`: whole units, for ages and uptimes. */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

/** `71 %`, `6.3 %`, `< 0.1 %`; `0 %` only when there was nothing. */
export function percent(share) {
  if (share === 0) return '0 %'
  const value = share * 100
  if (value < 0.1) return '< 0.1 %'
  return value < 9.95 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`
}

/** `1.59 GB`, in powers of 1000. */
export function bytes(number) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let unit = 0
  let value = number
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${value} B` : `${significant(value)} ${units[unit]}`
}

/** `09:41:07` in the browser's zone. */
export function clock(iso) {
  const at = new Date(iso)
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(part => String(part).padStart(2, '0')).join(':')
}

/** `2026-11-24 09:41:07` in the browser's zone. */
export function moment(iso) {
  const at = new Date(iso)
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(part => String(part).padStart(2, '0'))
  return `${date.join('-')} ${clock(iso)}`
}

/** `09:41:05.902` */
export function preciseClock(iso) {
  return `${clock(iso)}.${String(new Date(iso).getMilliseconds()).padStart(3, '0')}`
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Control, zero-width and direction characters shown as what they are: they could make a text look like another. */
export function visible(text) {
  return text.replace(INVISIBLE, character => {
    const code = character.codePointAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    if (code === 0x7f) return '␡'
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
  })
}

function significant(value) {
  if (value >= 99.95) return grouped.format(value)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}
