// Drawing and saving, which the first screen does not need.

import './drawing.ts'

export { toPNG } from './png.ts'
