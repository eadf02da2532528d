import { html } from 'lit'
import { type ImageDecoder, type ImageEncoder, type Manifest, shapeOf } from '../../bundle/index.ts'
import type { Input, Modality } from '../modality.ts'
import { describePictureDifference, fromBytes, type Picture, toRGBA } from './picture.ts'
import './picture-view.ts'
import { shownWidth } from './picture-view.ts'
import { readSpriteSheet } from './sprite-sheet.ts'

/** Pictures. */
export function createImage({ decoder, encoder }: Manifest): Modality<Picture> {
  const loadLater = () => import('./drawing-and-png.ts')
  const { size } = decoder as ImageDecoder
  const render = (sample: Picture | null, label = '') =>
    html`<zlide-picture label=${label} .size=${sample?.size ?? size} .picture=${sample}></zlide-picture>`
  return {
    noun: 'picture',
    verb: 'redraws',
    layout: 'tiles',
    hasSampling: false,
    parity: {
      tensor: 'pixels',
      isEqual: (picture, bytes) => isSimilar(toRGBA(picture), toRGBA(fromBytes(bytes, size))),
    },
    saving: {
      label: 'Save PNG',
      message: 'Picture saved',
      suffix: 'png',
      toBlob: async (picture) => (await loadLater()).toPNG(picture),
    },
    input: encoder && createInput(encoder as ImageEncoder, decoder as ImageDecoder),
    loadLater,
    width: () => shownWidth(size),
    textOf: () => null,
    describeDifference: describePictureDifference,
    parsePoster: (decoded) =>
      fromBytes(
        Array.from(atob(decoded), (byte) => byte.charCodeAt(0)),
        size,
      ),
    sampleOf: () => null,
    splitPictures: (path, png, count) => readSpriteSheet(path, png, size, count),
    renderDecoded: (picture) => render(picture, 'decoded'),
    renderExample: ({ sample }) => render(sample as Picture | null, 'the example'),
    renderSmall: (picture) => render(picture),
  }
}

/** Return whether no byte differs by more than 1. */
const isSimilar = (one: Uint8ClampedArray, other: Uint8ClampedArray): boolean =>
  one.every((value, i) => Math.abs(value - (other[i] as number)) <= 1)

/** Return the input of a picture: a file, or a drawing on the example. */
function createInput(encoder: ImageEncoder, { size }: ImageDecoder): Input<Picture> {
  return {
    text: null,
    file: {
      label: 'Use your own picture',
      accept: 'image/*',
      async read(file) {
        const { importPicture } = await import('./import-picture.ts')
        const sample = await importPicture(file, encoder)
        return { sample, input: sample }
      },
    },
    drawing: {
      label: 'Draw on it',
      fits: shapeOf(encoder.size).join() === shapeOf(size).join(),
      render: ({ sample, examples, isReading, isRefused, canUndo }) =>
        html`<zlide-drawing
          .size=${size}
          .picture=${sample as Picture | null}
          .examples=${examples}
          .reading=${isReading}
          .refused=${isRefused}
          .canUndo=${canUndo}
        ></zlide-drawing>`,
    },
    describeUnread: () => '',
  }
}
