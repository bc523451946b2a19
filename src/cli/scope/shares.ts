// Where a processor's time goes, as far as the run tells: parts that add up to 1.

export interface NodeShares {
  readonly busy: number
  readonly waiting: number
  readonly blocked: number
  readonly idle: number
}

/** Undefined for a run that does not tell. */
export function sharesOf(node: object): NodeShares | undefined {
  const { shares } = node as { shares?: Partial<NodeShares> | null }
  if (typeof shares !== 'object' || shares === null) return undefined
  const { busy, waiting, blocked, idle } = shares
  if (busy === undefined || waiting === undefined || blocked === undefined || idle === undefined) return undefined
  return { busy, waiting, blocked, idle }
}
