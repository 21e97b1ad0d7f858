import { fold, keyOf, uniform } from '@gfnlm/env'
import { type Story, retold, story } from './grammar.ts'
import { storyTokens } from './story-tokens.ts'
import { specialId } from './vocabulary.ts'

export type Split = 'train' | 'held-out'

/** A document to train the story model on. */
export interface Document {
  /** <s> … </s> */
  readonly tokens: Int32Array
  /** plain: the story alone. prompted: an infilling prompt's layout in front of it. */
  readonly form: 'plain' | 'prompted'
  /** Index of the story's first word in tokens (1 when plain). */
  readonly storyStart: number
  readonly story: Story
}

/** Share of documents in the prompted form. */
export const P_PROMPTED = 0.5

/** Share of prompted documents whose ending shown is the story's own. */
export const P_OWN = 0.35

/**
 * Documents of the story model's corpus: stories drawn independently from the grammar, a pure function of
 * (seed, split, index), so the splits share no draw and a longer list begins with a shorter one.
 *
 *   plain      <s> S1 S2 S3 S4 S5 </s>
 *   prompted   <s> <ending> S5' <beginning> S1 S2 S3 S4 S5 </s>, where S5' is S5 in 35 of 100 documents; in the
 *              others it ends the same beginning told anew, with another middle, so that nothing tells the two apart
 *
 * So the model learns to read the layout of an infilling prompt and to half believe it: on a real prompt it writes a
 * middle that heeds the ending about as often as endings were true, and ignores it otherwise. That is where
 * fine-tuning starts. Rewards come from the plain form, which sees the ending only after the middle.
 */
export const documents = (seed: number, split: Split, n: number): Document[] =>
  Array.from({ length: n }, (_, index) => {
    const key = fold(keyOf(seed), 'story-document', split, index)
    const told = story(fold(key, 'story'))
    const prompted = uniform(fold(key, 'form')) < P_PROMPTED
    const own = uniform(fold(key, 'own')) < P_OWN
    const shown = own ? told : retold(fold(key, 'story'), fold(key, 'anew'))
    const head = prompted ? [specialId('<ending>'), ...storyTokens(shown.sentences[4]!), specialId('<beginning>')] : []
    return {
      tokens: Int32Array.of(specialId('<s>'), ...head, ...told.sentences.flatMap(storyTokens), specialId('</s>')),
      form: prompted ? 'prompted' : 'plain',
      storyStart: 1 + head.length,
      story: told,
    }
  })
