import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, test, vi } from 'vitest'
import { gradientRules, registerGradients } from './register-gradients.ts'

const warn = vi.spyOn(console, 'warn')

afterEach(() => warn.mockClear())

test('no kernel has two rules', () => {
  const names = gradientRules.map(({ kernelName }) => kernelName)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

test('our rules win over any others, in silence, however often they are registered', () => {
  const wrong: tf.GradConfig = { kernelName: 'Cumsum', gradFunc: (dy) => ({ x: () => tf.neg(dy as tf.Tensor) }) }
  tf.registerGradient(wrong)
  tf.env().set('DEBUG', true)
  registerGradients()
  registerGradients()
  tf.env().set('DEBUG', false)
  expect(tf.getGradient('Cumsum')).not.toBe(wrong)
  expect(gradientRules.filter((config) => tf.getGradient(config.kernelName) !== config)).toEqual([])
  // debug mode announces itself once
  expect(warn.mock.calls.flat().filter((line) => /gradient/i.test(String(line)))).toEqual([])
})

test('rules for other kernels are left alone', () => {
  const other: tf.GradConfig = { kernelName: 'Conv2D', gradFunc: () => ({}) }
  tf.registerGradient(other)
  registerGradients()
  expect(tf.getGradient('Conv2D')).toBe(other)
})
