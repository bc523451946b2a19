// Values of options that several commands have.

import { InvalidArgumentError } from 'commander'

export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}

export function parsePort(value: string): number {
  return parseWhole(value, 0, 65_535)
}

export function parseWhole(value: string, min: number, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isInteger(number) && number >= min && number <= max) return number
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  throw new InvalidArgumentError(`It must be a whole number ${range}.`)
}
