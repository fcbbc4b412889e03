"""Optimizers that treat each number for itself, in Keras' form."""

from .base import Group, KerasOptimizer, TensorList, as_single, foreach


class SGD(KerasOptimizer):
    """Gradient descent with Keras' momentum: the velocity holds the learning rate.

    v = momentum * v - rate * g; w += v (nesterov: w += momentum * v - rate * g). In
    torch.optim.SGD the rate stands outside, which differs once the rate changes.
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        rate, momentum = group["lr"], as_single(group["momentum"])
        if not momentum:
            foreach._foreach_add_(weights, gradients, alpha=-rate)
            return
        velocities = self.kept("velocity", weights)
        foreach._foreach_mul_(velocities, momentum)
        foreach._foreach_add_(velocities, gradients, alpha=-rate)
        if group["nesterov"]:
            steps = foreach._foreach_mul(velocities, momentum)
            foreach._foreach_add_(steps, gradients, alpha=-rate)
            foreach._foreach_add_(weights, steps)
        else:
            foreach._foreach_add_(weights, velocities)


class RMSprop(KerasOptimizer):
    """Gradients over the root of their mean square, epsilon inside the root.

    v is the running mean of g^2; w -= rate * g / sqrt(v + epsilon). Centered: v less
    the square of the running mean of g. The momentum is that of the whole step, with
    the learning rate inside. torch.optim.RMSprop has epsilon outside of the root.
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        share, momentum = 1 - group["rho"], group["momentum"]
        squares = foreach._foreach_mul(gradients, gradients)
        velocities = self.kept("velocity", weights)
        foreach._foreach_lerp_(velocities, squares, share)
        variances = foreach._foreach_add(velocities, group["epsilon"])
        if group["centered"]:
            means = self.kept("average_gradient", weights)
            foreach._foreach_lerp_(means, gradients, share)
            foreach._foreach_addcmul_(variances, means, means, -1)
        foreach._foreach_sqrt_(variances)
        steps = foreach._foreach_div(gradients, variances)
        foreach._foreach_mul_(steps, group["lr"])
        if momentum:
            momenta = self.kept("momentum", weights)
            foreach._foreach_mul_(momenta, momentum)
            foreach._foreach_add_(momenta, steps)
            steps = momenta
        foreach._foreach_sub_(weights, steps)


class Adagrad(KerasOptimizer):
    """Gradients over the root of the sum of their squares; weights decay first."""

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        initial = as_single(group["initial_accumulator_value"])
        sums = self.kept("accumulator", weights, initial)
        foreach._foreach_addcmul_(sums, gradients, gradients)
        roots = foreach._foreach_add(sums, group["epsilon"])
        foreach._foreach_sqrt_(roots)
        foreach._foreach_addcdiv_(weights, gradients, roots, -group["lr"])


class Adadelta(KerasOptimizer):
    """Steps as large as earlier ones were for such gradients; weights decay first."""

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        share, epsilon = 1 - group["rho"], group["epsilon"]
        squares = foreach._foreach_mul(gradients, gradients)
        means = self.kept("accumulated_grad", weights)
        foreach._foreach_lerp_(means, squares, share)
        earlier = self.kept("accumulated_delta_var", weights)
        steps = foreach._foreach_add(earlier, epsilon)
        foreach._foreach_div_(steps, foreach._foreach_add(means, epsilon))
        foreach._foreach_sqrt_(steps)
        foreach._foreach_mul_(steps, gradients)
        foreach._foreach_lerp_(earlier, foreach._foreach_mul(steps, steps), share)
        foreach._foreach_add_(weights, steps, alpha=-group["lr"])


class Adamax(KerasOptimizer):
    """Adam with the largest of earlier gradients in place of their mean square.

    m is the running mean of g, u = max(beta_2 * u, |g|);
    w -= rate / (1 - beta_1^t) * m / (u + epsilon). torch.optim.Adamax adds epsilon to
    |g|, before the maximum.
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        beta_1, beta_2 = group["betas"]
        means, norms = self.kept("momentum", weights), self.kept("norm", weights)
        foreach._foreach_lerp_(means, gradients, 1 - beta_1)
        foreach._foreach_mul_(norms, beta_2)
        foreach._foreach_maximum_(norms, foreach._foreach_abs(gradients))
        rate = group["lr"] / (1 - as_single(beta_1) ** group["steps"])
        below = foreach._foreach_add(norms, group["epsilon"])
        foreach._foreach_addcdiv_(weights, means, below, -rate)


class Lion(KerasOptimizer):
    """Steps of one size: w -= rate * sign(beta_1 * m + (1 - beta_1) * g).

    Afterwards m = beta_2 * m + (1 - beta_2) * g.
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        beta_1, beta_2 = map(as_single, group["betas"])
        means = self.kept("momentum", weights)
        signs = foreach._foreach_mul(means, beta_1)
        foreach._foreach_add_(signs, gradients, alpha=1 - beta_1)
        foreach._foreach_sign_(signs)
        foreach._foreach_add_(weights, signs, alpha=-group["lr"])
        foreach._foreach_mul_(means, beta_2)
        foreach._foreach_add_(means, gradients, alpha=1 - beta_2)


class Ftrl(KerasOptimizer):
    """Follow the regularized leader: weights are made anew of sums of gradients.

    n is the sum of g^2, z the sum of g - (n_t^p - n_(t-1)^p) / rate * w with
    p = -learning_rate_power;
    w = (clip(z, -l1, l1) - z) / ((n^p + beta) / rate + 2 * l2).
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        rate, power = group["lr"], -group["learning_rate_power"]
        l1 = group["l1_regularization_strength"]
        l2 = group["l2_regularization_strength"]
        shrinkage = 2 * group["l2_shrinkage_regularization_strength"]
        initial = as_single(group["initial_accumulator_value"])
        sums = self.kept("accumulator", weights, initial)
        linear = self.kept("linear", weights)
        before = foreach._foreach_pow(sums, power)
        foreach._foreach_addcmul_(sums, gradients, gradients)
        after = foreach._foreach_pow(sums, power)
        foreach._foreach_add_(linear, gradients)
        foreach._foreach_add_(linear, weights, alpha=shrinkage)
        foreach._foreach_sub_(before, after)
        foreach._foreach_div_(before, rate)
        foreach._foreach_addcmul_(linear, before, weights)
        foreach._foreach_add_(after, group["beta"])
        foreach._foreach_div_(after, rate)
        foreach._foreach_add_(after, 2 * l2)
        for weight, z, divisor in zip(weights, linear, after, strict=True):
            weight.copy_((z.clamp(-l1, l1) - z) / divisor)
