// The page behind `?`.

export const HELP_LINES = [
  'Keys',
  '',
  '  ↑ ↓  k j        select a row; also page up and down, home and end, g and G',
  '  enter  →        its errors and newest journeys; esc goes back',
  '  s               sort by the next column; S reverses',
  '  /               show only names that contain a text; esc shows all again',
  '  p               pause: nothing changes until p is pressed again',
  '  ?               this page',
  '  q  Ctrl-C       quit',
  '',
  'Columns',
  '',
  '  in/s out/s      lines a second that came in and went out, last 10 s',
  '  err/s           failed tries a second, last 10 s',
  '  share           of the time spent inside all processors and sinks, last 10 s',
  '  busy waiting    where its time goes, where the run tells: inside its code, it holds',
  '  blocked idle    lines, it waits for a sink or a commit, it has nothing to do',
  '  p50 p99         time for a line; ~ is an estimate from a sample',
  '  retries         further tries of lines that failed',
  '  dropped dead    lines that were dropped there, or failed there for good',
  '  held            lines that are inside it or wait for it now'
] as const
