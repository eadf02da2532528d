// What is fetched after the first decode.

import './between.ts'
import './chance.ts'
import './drawing.ts'
import './keep.ts'
import './map.ts'
import './pane.ts'
import './strip.ts'
