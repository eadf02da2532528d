import { describe, expect, test } from 'vitest'
import { goldenText } from '../../../test/golden.ts'
import { seeded } from '../../../test/random.ts'
import { segment, tokenize } from './tokenize.ts'

const { cases } = JSON.parse(goldenText('tokenize.json')) as {
  cases: { text: string; lower: boolean; words: string[] }[]
}

test.each(cases)('$text', ({ text, lower, words }) => {
  expect(tokenize(text, { lower })).toEqual(words)
})

describe('segments', () => {
  const ANY = Array.from({ length: 0x110000 }, (_, i) => String.fromCodePoint(i)).filter((point) =>
    /[^\p{Cn}\p{Co}]/u.test(point),
  )

  /** Difficult code points: marks of several classes, jamo, compatibility forms, sigma, apostrophes, joiners. */
  const HARD = [
    ..."aİßΣσΑ.'’ʼ -1½ŉ㏂ﷺ´…ſ",
    ...'\u0300\u0301\u0307\u0315\u0323\u0327\u20e3\ufe0f\u200d\u00ad\u{1f3fb}',
    ...'ㄱㅏㅎ\u1100\u1161\u11a8가\uffa1\uffc2ﾊﾟﾞ',
    ...'கொ\u09c7\u09be\u{16d63}\u{16d67}🎸❤👩🚀',
  ]

  /** Return why the segments of a text are wrong, or null. Alone, each must have the words it has in the text. */
  function fault(text: string, lower: boolean): string | null {
    const segments = segment(text, { lower })
    if (segments.map((each) => each.text).join('') !== text)
      return `${JSON.stringify(text)}: expected the text back`
    if (segments.flatMap(({ words }) => words).join(' ') !== tokenize(text, { lower }).join(' '))
      return `${JSON.stringify(text)}: other words`
    const wrong = segments.find(({ kind, text, words }) => {
      const alone = tokenize(text, { lower }).join(' ').replace(/ς/gu, 'σ') // whether a sigma is final depends on what follows
      const fits =
        kind === 'word'
          ? words.length > 0
          : words.length === 0 && (kind === 'sign') === /[^\s\p{Cc}\p{DI}]/u.test(text)
      return !fits || alone !== words.join(' ').replace(/ς/gu, 'σ')
    })
    return wrong ? `${JSON.stringify(text)}: ${JSON.stringify(wrong)}` : null
  }

  test('of the golden cases', () => {
    expect(cases.map(({ text, lower }) => fault(text, lower)).filter(Boolean)).toEqual([])
  })

  test('of every code point, alone and among others', () => {
    const texts = ANY.flatMap((point) => [point, `a${point}b`, `ㄱ${point}\u0301ㅏ`])
    expect(texts.map((text) => fault(text, true)).filter(Boolean)).toEqual([])
  }, 60_000)

  test('of random text', () => {
    const random = seeded(3)
    const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T
    const texts = Array.from({ length: 30_000 }, () =>
      Array.from({ length: 1 + Math.floor(12 * random()) }, () =>
        random() < 0.8 ? pick(HARD) : pick(ANY),
      ).join(''),
    )
    expect(texts.map((text, i) => fault(text, i % 2 === 0)).filter(Boolean)).toEqual([])
  }, 60_000)

  test.each([
    [
      'Rock’n’Roll, 24/7 at Café_9!',
      ['Rock’n’Roll', ' ', ' ', 'at', ' ', 'Café'],
      [',', '24/7', '_9!'],
    ],
    ['ΟΔΟΣ ＦＵＬＬ ﬁne', ['ΟΔΟΣ', ' ', 'ＦＵＬＬ', ' ', 'ﬁne'], []],
    [
      'the dogs’ well-known 🎸👩‍🚀 …',
      ['the', ' ', 'dogs', ' ', 'well', 'known', ' ', ' '],
      ['’', '-', '🎸👩‍🚀', '…'],
    ],
    ['soft\u00adhyphen 1️⃣', ['soft', '\u00ad', 'hyphen', ' '], ['1️⃣']],
  ])('of %j', (text, others, signs) => {
    const segments = segment(text)
    expect(segments.filter(({ kind }) => kind === 'sign').map(({ text }) => text)).toEqual(signs)
    expect(segments.filter(({ kind }) => kind !== 'sign').map(({ text }) => text)).toEqual(others)
  })
})
