import { type PromptBatch, tokenMDP } from '@gfnlm/env'
import { type PolicyState, frozen } from '@gfnlm/policy'
import { Observable, Subject, firstValueFrom, from, of, tap, toArray } from 'rxjs'
import { expect, test, vi } from 'vitest'
import { type Decoder, decoderOf } from './decoding.ts'
import { type SampleOptions, sample, sampleBatch } from './sample.ts'
import { smallPolicies } from './small-policies.test.fixture.ts'
import { type Asked, irregular, tableDecoder } from './table-decoder.test.fixture.ts'

const [, policy] = smallPolicies()[0]!
const mdp = tokenMDP({ terminator: 10, maxLength: 3 })
const prompt = (id: string, ...tokens: readonly number[]) => ({
  id,
  text: '',
  tokens: Int32Array.from(tokens),
  row: { id },
})
const batch = (step: number): PromptBatch => ({ step, seed: 4, prompts: [prompt('a', 1, 2), prompt('b', 3)] })
const fake = (asked?: Asked) => tableDecoder(irregular(11), asked)

test('a batch becomes perPrompt rows of each prompt, in order, with the prompts and the step it came with', async () => {
  const drawn = await sampleBatch(frozen(policy), { mdp, perPrompt: 3 }, fake())(batch(7))
  expect(drawn).toMatchObject({ step: 7, seed: 4, rows: 6, width: 4, mdp, prompts: batch(7).prompts })
  expect([...drawn.group]).toEqual([0, 0, 0, 1, 1, 1])
  expect(drawn.origin).toEqual(Array(6).fill('policy'))
  expect([drawn.tokens, drawn.logPF, drawn.logBehaviour].map((x) => x.length)).toEqual([24, 24, 24])
})

test('as many rows as there are slots are decoded at a time; the completions are the same', async () => {
  const asked: (number | undefined)[] = []
  const draw = (slots?: number) =>
    sampleBatch(
      frozen(policy),
      { mdp, perPrompt: 5, ...(slots === undefined ? {} : { slots }) },
      (request) => (asked.push(request.slots), fake()(request)),
    )(batch(3))
  const [all, three] = [await draw(), await draw(3)]
  expect(asked).toEqual([10, 3])
  expect(three).toEqual(all)
})

test.each([0, -1, 1.5, NaN, Infinity])('%s is no number of slots or of completions', async (count) => {
  const of = (options: Partial<SampleOptions>) => () => sampleBatch(frozen(policy), { mdp, perPrompt: 1, ...options })
  expect(of({ slots: count })).toThrow(`slots must be a whole number of at least 1, found ${count}`)
  expect(of({ perPrompt: count })).toThrow(`sample: perPrompt must be a whole number of at least 1, found ${count}`)
  const request = { prompts: [Int32Array.of(1)], group: Int32Array.of(0), maxLength: 1, trainable: null, slots: count }
  await expect(decoderOf(policy)(request)).rejects.toThrow(`slots must be a whole number of at least 1, found ${count}`)
})

test('lanes draw what one decoding draws, each its own part of the rows, and all are closed when one fails', async () => {
  vi.stubEnv('GFNLM_THREADS', '3')
  const asked: Asked = { opened: 0, closed: 0, steps: 0 }
  const many = { mdp, perPrompt: 30 }
  const lanes = await sampleBatch(frozen(policy), many, fake(asked))(batch(3))
  expect(asked).toMatchObject({ opened: 3, closed: 3 })
  vi.stubEnv('GFNLM_THREADS', '1')
  expect(lanes).toEqual(await sampleBatch(frozen(policy), many, fake())(batch(3)))
  vi.stubEnv('GFNLM_THREADS', '3')
  let opened = 0
  const failing: Decoder = async (request) => {
    const decoding = await fake(asked)(request)
    return ++opened === 2 ? { ...decoding, refill: () => Promise.reject(new Error('device lost')) } : decoding
  }
  await expect(sampleBatch(frozen(policy), many, failing)(batch(3))).rejects.toThrow('device lost')
  expect(asked).toMatchObject({ opened: 6, closed: 6 })
  vi.unstubAllEnvs()
})

test('on real lanes, each on its thread, the completions are those of one', async () => {
  vi.stubEnv('GFNLM_THREADS', '2')
  const two = await sampleBatch(frozen(policy), { mdp, perPrompt: 16 })(batch(3))
  vi.stubEnv('GFNLM_THREADS', '1')
  const one = await sampleBatch(frozen(policy), { mdp, perPrompt: 16 })(batch(3))
  expect(two.tokens).toEqual(one.tokens)
  vi.unstubAllEnvs()
})

test('the decoder is asked for the newest parameters of the moment', async () => {
  const given: unknown[] = []
  let newest = policy.trainable
  const state: PolicyState = { policy, trainable: () => newest }
  const draw = sampleBatch(state, { mdp, perPrompt: 1 }, (request) => (given.push(request.trainable), fake()(request)))
  await draw(batch(0))
  newest = { ...newest }
  await draw(batch(1))
  expect(given[0]).toBe(policy.trainable)
  expect(given[1]).toBe(newest)
})

test.each<[string, PromptBatch['prompts'], string, RegExp]>([
  [
    'too long',
    [prompt('ok', 1), prompt('story 3', ...Array<number>(22).fill(1))],
    'PromptTooLong',
    /prompt 'story 3' has 22 tokens; with up to 3 more it does not fit the model's 24 positions/,
  ],
  ['empty', [prompt('ok', 1), prompt('nothing')], 'PromptEmpty', /prompt 'nothing'/],
  ['absent', [], 'NoPrompts', /no prompts/],
])('a prompt that is %s is a fault that names it, before anything is decoded', async (_, prompts, tag, message) => {
  const asked: Asked = { opened: 0, closed: 0, steps: 0 }
  await expect(
    sampleBatch(frozen(policy), { mdp, perPrompt: 1 }, fake(asked))({ ...batch(0), prompts }),
  ).rejects.toMatchObject({ _tag: tag, message: expect.stringMatching(message) })
  expect(asked.opened).toBe(0)
})

/** Counts what is subscribed and unsubscribed. */
const watched = (source: Observable<PromptBatch>) => {
  const seen = { subscribed: 0, unsubscribed: 0 }
  const observable = new Observable<PromptBatch>((to) => {
    seen.subscribed++
    const inner = source.subscribe(to)
    return () => {
      seen.unsubscribed++
      inner.unsubscribe()
    }
  })
  return { seen, observable }
}

test('as an operator: one batch at a time, in order, the same as batch by batch; the end comes after the last', async () => {
  const { seen, observable } = watched(from([batch(0), batch(1), batch(2)]))
  const order: string[] = []
  const state: PolicyState = { policy, trainable: () => (order.push('asked'), policy.trainable) }
  const drawn = await firstValueFrom(
    observable.pipe(
      sample(state, { mdp, perPrompt: 2 }),
      tap(() => order.push('drawn')),
      toArray(),
    ),
  )
  expect(order).toEqual(['asked', 'drawn', 'asked', 'drawn', 'asked', 'drawn'])
  expect(drawn.map(({ step }) => step)).toEqual([0, 1, 2])
  const draw = sampleBatch(frozen(policy), { mdp, perPrompt: 2 })
  for (const { tokens, step } of drawn) expect(tokens).toEqual((await draw(batch(step))).tokens)
  expect(seen).toEqual({ subscribed: 1, unsubscribed: 1 })
})

test('unsubscribing ends the source at once; the batch in flight goes nowhere', async () => {
  const source = new Subject<PromptBatch>()
  const { seen, observable } = watched(source)
  const events: string[] = []
  const subscription = observable.pipe(sample(frozen(policy), { mdp, perPrompt: 1 })).subscribe({
    next: () => events.push('next'),
    error: () => events.push('error'),
    complete: () => events.push('complete'),
  })
  source.next(batch(0))
  subscription.unsubscribe()
  expect(seen).toEqual({ subscribed: 1, unsubscribed: 1 })
  await sampleBatch(frozen(policy), { mdp, perPrompt: 1 })(batch(1))
  expect(events).toEqual([])
})

test('a fault of one batch ends the stream with it, and unsubscribes from the source', async () => {
  const { seen, observable } = watched(of({ ...batch(0), prompts: [prompt('nothing')] }))
  await expect(firstValueFrom(observable.pipe(sample(frozen(policy), { mdp, perPrompt: 1 })))).rejects.toMatchObject({
    _tag: 'PromptEmpty',
  })
  expect(seen.unsubscribed).toBe(1)
})
