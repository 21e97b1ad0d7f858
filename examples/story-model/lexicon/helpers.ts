/** Who helps: an article, an adjective and a noun; "the wise owl" later. */
export interface Helper {
  readonly named: string
  readonly known: string
}

const helper = (named: string): Helper => ({ named, known: named.replace(/^an? /, 'the ') })

export const HELPERS: Readonly<Record<string, Helper>> = {
  owl: helper('a wise owl'),
  turtle: helper('a patient turtle'),
  beaver: helper('a busy beaver'),
  goose: helper('a gray goose'),
  horse: helper('a white horse'),
  goat: helper('a stubborn goat'),
  otter: helper('a merry otter'),
  donkey: helper('a friendly donkey'),
  raven: helper('a black raven'),
  farmer: helper('a kind farmer'),
  sailor: helper('an old sailor'),
  baker: helper('a jolly baker'),
  shepherd: helper('a sleepy shepherd'),
  gardener: helper('a nice gardener'),
  miller: helper('a strong miller'),
  blacksmith: helper('a mighty blacksmith'),
  wizard: helper('a tired wizard'),
  giant: helper('a helpful giant'),
}

/** The helper fact of a hero who manages without one. */
export const ALONE = 'alone'
