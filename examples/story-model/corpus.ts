import { fold, keyOf, uniform } from '@gfnlm/env'
import { type Story, story } from './grammar.ts'
import { storyTokens } from './story-tokens.ts'
import { specialId } from './vocabulary.ts'

export type Split = 'train' | 'held-out'

/** A document to train the story model on. */
export interface Document {
  /** <s> … </s> */
  readonly tokens: Int32Array
  /** plain: the story alone. prompted: an infilling prompt's layout, with a stranger's ending. */
  readonly form: 'plain' | 'prompted'
  /** Index of the story's first word in tokens (1 when plain). */
  readonly storyStart: number
  readonly story: Story
}

/** Share of documents in the prompted form. */
export const P_PROMPTED = 0.3

/**
 * Documents of the story model's corpus: stories drawn independently from the grammar, a pure function of
 * (seed, split, index), so the splits share no draw and a longer list begins with a shorter one.
 *
 *   plain      <s> S1 S2 S3 S4 S5 </s>
 *   prompted   <s> <ending> S5' <beginning> S1 S2 S3 S4 S5 </s>, where S5' ends another, independent story
 *
 * The prompted form lets the model read the layout of an infilling prompt without learning to solve it: the ending
 * shown says nothing about the story that follows, so the best the model can do is to ignore it, and
 * p(S4 | prompt) is p(S4 | S1 S2 S3). Fine-tuning then starts from a fluent policy whose every use of the
 * ending it has to learn itself, and rewards come from the plain form, which sees the ending only after the middle.
 */
export const documents = (seed: number, split: Split, n: number): Document[] =>
  Array.from({ length: n }, (_, index) => {
    const key = fold(keyOf(seed), 'story-document', split, index)
    const told = story(fold(key, 'story'))
    const prompted = uniform(fold(key, 'form')) < P_PROMPTED
    const head = prompted
      ? [specialId('<ending>'), ...storyTokens(story(fold(key, 'stranger')).sentences[4]!), specialId('<beginning>')]
      : []
    return {
      tokens: Int32Array.of(specialId('<s>'), ...head, ...told.sentences.flatMap(storyTokens), specialId('</s>')),
      form: prompted ? 'prompted' : 'plain',
      storyStart: 1 + head.length,
      story: told,
    }
  })
