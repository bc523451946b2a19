// Masks secrets. For commands that show values without an observer.

export { createReveal } from '../observer/reveal.ts'
