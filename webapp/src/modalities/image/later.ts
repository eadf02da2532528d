// The parts of pictures that the first screen does not need.

import './drawing.ts'

export { toPNG } from './png.ts'
