"""torch → ONNX → onnx-tf → TensorFlow.js. The only folder that imports onnx or TensorFlow.

`convert.py` is the way in; nothing is imported here, so that TensorFlow's three seconds are paid by who needs it.
"""
