// The ops that the converter writes. This list is kept by hand; `npm run portable` finds the rest.

/** Ops by the reason for which graphs hold them. @type {Record<string, string>} */
const WANTED = {
  'inputs, weights and outputs': 'Placeholder Const Identity',
  'linear layers and attention': 'MatMul _FusedMatMul BatchMatMulV2 BiasAdd',
  convolutions: `Conv2D _FusedConv2D DepthwiseConv2dNative FusedDepthwiseConv2dNative Conv3D
    DepthToSpace`,
  'pooling and upsampling': 'AvgPool MaxPool ResizeBilinear ResizeNearestNeighbor',
  'arithmetic of two tensors': `AddV2 Add Sub Mul RealDiv Maximum Minimum Pow SquaredDifference
    Atan2`,
  activations: `Sigmoid Tanh Relu Relu6 Elu LeakyRelu Prelu Softplus Erf Softmax LogSoftmax
    ClipByValue`,
  'functions of one number': `Exp Expm1 Log Log1p Sqrt Rsqrt Square Neg Abs Sign Reciprocal Floor
    Ceil Round Sin Cos Atan Sinh Cosh Asinh IsNan`,
  'norms and statistics': 'Sum Mean Max Min Prod Cumsum',
  'choices, codebooks and sorting': 'ArgMax ArgMin TopKV2 GatherV2',
  'masks and conditions': `Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr
    LogicalNot Select SelectV2`,
  'layouts and shapes': `Transpose Reshape Squeeze ExpandDims BroadcastTo Tile ReverseV2 Cast`,
  'parts of tensors': 'ConcatV2 Split SplitV StridedSlice Slice Pack Unpack Pad PadV2 MirrorPad',
}

/** The ops that the converter writes, by TensorFlow's names. */
export const OPS = Object.values(WANTED).flatMap((ops) => ops.split(/\s+/))
