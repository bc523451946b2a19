// What the process ends with. Scripts rely on these.

export const EXIT = {
  done: 0,
  /** Failed while running. */
  failed: 1,
  /** Wrong usage, configuration or environment. */
  usage: 2,
  /** `--fail-on-dead`: lines went to the dead letters or were unmatched. */
  dead: 3,
  interrupted: 130,
  terminated: 143
} as const
