"""Find the call that makes rows depend on each other, or results on chance."""

from __future__ import annotations

from zlide.errors import ZlideError
from zlide.graph import BATCH_STATISTICS, Calls

_RANDOM = (
    """
    rand rand_like randn randn_like randint randint_like randperm normal normal_ uniform_ random_
    bernoulli bernoulli_ multinomial poisson exponential_ cauchy_ log_normal_ geometric_ dropout
    dropout_ dropout1d dropout2d dropout3d gumbel_softmax alpha_dropout feature_dropout
    feature_alpha_dropout rrelu rrelu_
    """
).split()

_OUT_OF_REACH = "keep the layer in nn.ModuleList, not in a plain list, so that eval() reaches it"


def cause_of_mixed_rows(calls: Calls) -> ZlideError | None:
    """Return an error about a random function or a batch norm without statistics.

    It names the layer and the line of the first call. None if there is neither.
    """
    if site := calls.of(BATCH_STATISTICS):
        name = site.layer_type or "batch norm"
        problem = f"expected rows apart, found a {name} that takes the statistics of its batch"
        remedy = "train it with track_running_stats=True, or use nn.GroupNorm"
        if site.is_hidden:
            remedy = _OUT_OF_REACH
        return ZlideError(site, problem, remedy)
    for name in _RANDOM:
        if site := calls.of(name):
            problem = f"expected the same result in every call, found the random numbers of {name}"
            remedy = "leave chance out of the decoder, or draw them once and keep them as a buffer"
            if "dropout" in name:
                remedy = "call it with training=self.training: its default is True"
            if site.is_hidden:
                remedy = _OUT_OF_REACH
            return ZlideError(site, problem, remedy)
    return None
