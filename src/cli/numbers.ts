// Numbers as people read them on a terminal.

/** `12,481,904` */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `1 line`, `2 lines` */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** Three significant digits: `1.2 µs`, `412 µs`, `31.0 ms`, `1.00 s`, `5 min 03 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 999.5e-9) return `${significant(seconds * 1e9)} ns`
  if (seconds < 999.5e-6) return `${significant(seconds * 1e6)} µs`
  if (seconds < 0.9995) return `${significant(seconds * 1e3)} ms`
  if (seconds < 59.95) return `${significant(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

/** Powers of 1000: `1.59 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : significant(value)} ${units[unit]}`
}

/** One decimal under 10 %; never 0 % for something that happened. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %'
  const percent = share * 100
  if (percent < 0.1) return '< 0.1 %'
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
