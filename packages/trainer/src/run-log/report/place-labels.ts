import type { Point } from './series.ts'

/** A label wanted beside a point, in pixels. */
export interface Label {
  readonly text: string
  readonly at: Point
  readonly series: number
}

export interface Placed extends Label {
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle' | 'end'
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Of an 11-pixel sans-serif: a little generous. */
const CHARACTER = 6
const ASCENT = 8.5
const GAP = 8

const PLACES = [
  { dx: GAP, dy: 3.8, anchor: 'start' },
  { dx: -GAP, dy: 3.8, anchor: 'end' },
  { dx: 0, dy: -GAP, anchor: 'middle' },
  { dx: 0, dy: GAP + ASCENT, anchor: 'middle' },
  { dx: GAP * 0.7, dy: -GAP * 0.7, anchor: 'start' },
  { dx: -GAP * 0.7, dy: -GAP * 0.7, anchor: 'end' },
  { dx: GAP * 0.7, dy: GAP * 0.7 + ASCENT, anchor: 'start' },
  { dx: -GAP * 0.7, dy: GAP * 0.7 + ASCENT, anchor: 'end' },
] as const

const boxOf = ({ text, x, y, anchor }: Placed): Box => {
  const width = text.length * CHARACTER
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  return { left, right: left + width, top: y - ASCENT, bottom: y + 2.5 }
}

const overlap = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) *
  Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))

const area = (box: Box): number => (box.right - box.left) * (box.bottom - box.top)

/** Puts each label where it covers the least of obstacles, of other labels and of what is outside the frame. */
export const placeLabels = (labels: readonly Label[], obstacles: readonly Point[], frame: Box): readonly Placed[] => {
  const taken: Box[] = obstacles.map(([x, y]) => ({ left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 }))
  return labels.map((label) => {
    const cost = (placed: Placed): number => {
      const box = boxOf(placed)
      return area(box) - overlap(box, frame) + taken.reduce((sum, other) => sum + overlap(box, other), 0)
    }
    const choices = PLACES.map(({ dx, dy, anchor }) => ({ ...label, x: label.at[0] + dx, y: label.at[1] + dy, anchor }))
    const best = choices.reduce((a, b) => (cost(b) < cost(a) ? b : a))
    taken.push(boxOf(best))
    return best
  })
}
