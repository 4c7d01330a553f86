;; Element-wise passes over float32 arrays in linear memory, four lanes at a time.
;;
;; Conventions: pointers are byte offsets, multiples of 16; `n` counts elements and is a positive multiple of 16 (the
;; arena pads every tensor with zeros to 64 bytes, so there are no tails). `gs` multiplies the gradient as it is
;; loaded; `l2` adds l2 * p to it; `keep` multiplies the parameter (1 - learning rate * decoupled weight decay).
;; Slots that decay are flushed to zero below the smallest normal number: a mean whose gradients stay zero (a rare token's
;; embedding) would otherwise end as a subnormal number that rounding keeps there, which some processors compute with
;; several times slower.
;; Not unrolled by hand: the passes already run at the speed of the memory. No helper functions inside the loops
;; either: engines do not inline them.
(module
  (import "env" "memory" (memory 1))

  ;; g' = gs g + l2 p;  p = keep p - lr g'
  (func (export "sgd") (param $n i32) (param $p i32) (param $g i32)
      (param $gs f32) (param $l2 f32) (param $keep f32) (param $lr f32)
    (local $end i32) (local $x v128)
    (local $GS v128) (local $L2 v128) (local $KEEP v128) (local $LR v128)
    (local.set $GS (f32x4.splat (local.get $gs)))
    (local.set $L2 (f32x4.splat (local.get $l2)))
    (local.set $KEEP (f32x4.splat (local.get $keep)))
    (local.set $LR (f32x4.splat (local.get $lr)))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $x (v128.load (local.get $p)))
      (v128.store (local.get $p)
        (f32x4.sub
          (f32x4.mul (local.get $KEEP) (local.get $x))
          (f32x4.mul (local.get $LR)
            (f32x4.add
              (f32x4.mul (local.get $GS) (v128.load (local.get $g)))
              (f32x4.mul (local.get $L2) (local.get $x))))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end)))))

  ;; g' = gs g + l2 p;  v = mu v + damp g';  p = keep p - lr (cg g' + cv v)
  ;; Heavy ball: cg = 0, cv = 1. Nesterov: cg = 1, cv = mu.
  (func (export "momentum") (param $n i32) (param $p i32) (param $g i32) (param $v i32)
      (param $gs f32) (param $l2 f32) (param $keep f32) (param $lr f32)
      (param $mu f32) (param $damp f32) (param $cg f32) (param $cv f32)
    (local $end i32) (local $TINY v128) (local $x v128) (local $grad v128) (local $vel v128)
    (local $GS v128) (local $L2 v128) (local $KEEP v128) (local $LR v128)
    (local $MU v128) (local $DAMP v128) (local $CG v128) (local $CV v128)
    (local.set $GS (f32x4.splat (local.get $gs)))
    (local.set $L2 (f32x4.splat (local.get $l2)))
    (local.set $KEEP (f32x4.splat (local.get $keep)))
    (local.set $LR (f32x4.splat (local.get $lr)))
    (local.set $MU (f32x4.splat (local.get $mu)))
    (local.set $DAMP (f32x4.splat (local.get $damp)))
    (local.set $CG (f32x4.splat (local.get $cg)))
    (local.set $CV (f32x4.splat (local.get $cv)))
    (local.set $TINY (v128.const f32x4 0x1p-126 0x1p-126 0x1p-126 0x1p-126))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $x (v128.load (local.get $p)))
      (local.set $grad
        (f32x4.add
          (f32x4.mul (local.get $GS) (v128.load (local.get $g)))
          (f32x4.mul (local.get $L2) (local.get $x))))
      (local.set $vel
        (f32x4.add
          (f32x4.mul (local.get $MU) (v128.load (local.get $v)))
          (f32x4.mul (local.get $DAMP) (local.get $grad))))
      (local.set $vel
        (v128.andnot (local.get $vel) (f32x4.lt (f32x4.abs (local.get $vel)) (local.get $TINY))))
      (v128.store (local.get $v) (local.get $vel))
      (v128.store (local.get $p)
        (f32x4.sub
          (f32x4.mul (local.get $KEEP) (local.get $x))
          (f32x4.mul (local.get $LR)
            (f32x4.add
              (f32x4.mul (local.get $CG) (local.get $grad))
              (f32x4.mul (local.get $CV) (local.get $vel))))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end)))))

  ;; g' = gs g + l2 p;  m = b1 m + c1 g';  v = b2 v + c2 g'^2;  p = keep p - lr m / (vs sqrt(v) + eps)
  ;; The caller folds the bias corrections into lr and vs, and passes c = 1 - b rounded from float64.
  (func (export "adam") (param $n i32) (param $p i32) (param $g i32) (param $m i32) (param $v i32)
      (param $gs f32) (param $l2 f32) (param $keep f32) (param $lr f32)
      (param $b1 f32) (param $c1 f32) (param $b2 f32) (param $c2 f32) (param $vs f32) (param $eps f32)
    (local $end i32) (local $TINY v128) (local $x v128) (local $grad v128) (local $mean v128) (local $square v128)
    (local $GS v128) (local $L2 v128) (local $KEEP v128) (local $LR v128)
    (local $B1 v128) (local $C1 v128) (local $B2 v128) (local $C2 v128) (local $VS v128) (local $EPS v128)
    (local.set $GS (f32x4.splat (local.get $gs)))
    (local.set $L2 (f32x4.splat (local.get $l2)))
    (local.set $KEEP (f32x4.splat (local.get $keep)))
    (local.set $LR (f32x4.splat (local.get $lr)))
    (local.set $B1 (f32x4.splat (local.get $b1)))
    (local.set $C1 (f32x4.splat (local.get $c1)))
    (local.set $B2 (f32x4.splat (local.get $b2)))
    (local.set $C2 (f32x4.splat (local.get $c2)))
    (local.set $VS (f32x4.splat (local.get $vs)))
    (local.set $EPS (f32x4.splat (local.get $eps)))
    (local.set $TINY (v128.const f32x4 0x1p-126 0x1p-126 0x1p-126 0x1p-126))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $x (v128.load (local.get $p)))
      (local.set $grad
        (f32x4.add
          (f32x4.mul (local.get $GS) (v128.load (local.get $g)))
          (f32x4.mul (local.get $L2) (local.get $x))))
      (local.set $mean
        (f32x4.add
          (f32x4.mul (local.get $B1) (v128.load (local.get $m)))
          (f32x4.mul (local.get $C1) (local.get $grad))))
      (local.set $square
        (f32x4.add
          (f32x4.mul (local.get $B2) (v128.load (local.get $v)))
          (f32x4.mul (local.get $C2) (f32x4.mul (local.get $grad) (local.get $grad)))))
      (local.set $mean
        (v128.andnot (local.get $mean) (f32x4.lt (f32x4.abs (local.get $mean)) (local.get $TINY))))
      (v128.store (local.get $m) (local.get $mean))
      (local.set $square
        (v128.andnot (local.get $square) (f32x4.lt (f32x4.abs (local.get $square)) (local.get $TINY))))
      (v128.store (local.get $v) (local.get $square))
      (v128.store (local.get $p)
        (f32x4.sub
          (f32x4.mul (local.get $KEEP) (local.get $x))
          (f32x4.div
            (f32x4.mul (local.get $LR) (local.get $mean))
            (f32x4.add (f32x4.mul (local.get $VS) (f32x4.sqrt (local.get $square))) (local.get $EPS)))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end)))))

  ;; g' = gs g + l2 p;  h = h + g'^2;  p = p - lr g' / (sqrt(h) + eps)
  (func (export "adagrad") (param $n i32) (param $p i32) (param $g i32) (param $h i32)
      (param $gs f32) (param $l2 f32) (param $lr f32) (param $eps f32)
    (local $end i32) (local $x v128) (local $grad v128) (local $sum v128)
    (local $GS v128) (local $L2 v128) (local $LR v128) (local $EPS v128)
    (local.set $GS (f32x4.splat (local.get $gs)))
    (local.set $L2 (f32x4.splat (local.get $l2)))
    (local.set $LR (f32x4.splat (local.get $lr)))
    (local.set $EPS (f32x4.splat (local.get $eps)))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $x (v128.load (local.get $p)))
      (local.set $grad
        (f32x4.add
          (f32x4.mul (local.get $GS) (v128.load (local.get $g)))
          (f32x4.mul (local.get $L2) (local.get $x))))
      (local.set $sum
        (f32x4.add (v128.load (local.get $h)) (f32x4.mul (local.get $grad) (local.get $grad))))
      (v128.store (local.get $h) (local.get $sum))
      (v128.store (local.get $p)
        (f32x4.sub (local.get $x)
          (f32x4.div
            (f32x4.mul (local.get $LR) (local.get $grad))
            (f32x4.add (f32x4.sqrt (local.get $sum)) (local.get $EPS)))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $h (i32.add (local.get $h) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end)))))

  ;; g' = gs g;  p = keep p - lr sign(b1 m + c1 g');  m = b2 m + c2 g'      (sign 0 = 0)
  (func (export "lion") (param $n i32) (param $p i32) (param $g i32) (param $m i32)
      (param $gs f32) (param $keep f32) (param $lr f32)
      (param $b1 f32) (param $c1 f32) (param $b2 f32) (param $c2 f32)
    (local $end i32) (local $TINY v128) (local $grad v128) (local $mean v128) (local $mix v128) (local $zero v128)
    (local $GS v128) (local $KEEP v128) (local $LR v128)
    (local $B1 v128) (local $C1 v128) (local $B2 v128) (local $C2 v128)
    (local.set $GS (f32x4.splat (local.get $gs)))
    (local.set $KEEP (f32x4.splat (local.get $keep)))
    (local.set $LR (f32x4.splat (local.get $lr)))
    (local.set $B1 (f32x4.splat (local.get $b1)))
    (local.set $C1 (f32x4.splat (local.get $c1)))
    (local.set $B2 (f32x4.splat (local.get $b2)))
    (local.set $C2 (f32x4.splat (local.get $c2)))
    (local.set $TINY (v128.const f32x4 0x1p-126 0x1p-126 0x1p-126 0x1p-126))
    (local.set $end (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $grad (f32x4.mul (local.get $GS) (v128.load (local.get $g))))
      (local.set $mean (v128.load (local.get $m)))
      (local.set $mix
        (f32x4.add
          (f32x4.mul (local.get $B1) (local.get $mean))
          (f32x4.mul (local.get $C1) (local.get $grad))))
      ;; lr where the mixture is positive, minus lr where it is negative: masks select bits of the constant.
      (v128.store (local.get $p)
        (f32x4.add
          (f32x4.sub
            (f32x4.mul (local.get $KEEP) (v128.load (local.get $p)))
            (v128.and (local.get $LR) (f32x4.gt (local.get $mix) (local.get $zero))))
          (v128.and (local.get $LR) (f32x4.lt (local.get $mix) (local.get $zero)))))
      (local.set $mean
        (f32x4.add
          (f32x4.mul (local.get $B2) (local.get $mean))
          (f32x4.mul (local.get $C2) (local.get $grad))))
      (local.set $mean
        (v128.andnot (local.get $mean) (f32x4.lt (f32x4.abs (local.get $mean)) (local.get $TINY))))
      (v128.store (local.get $m) (local.get $mean))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get $end)))))

  ;; Sum of x^2, added up in float64 in eight independent chains.
  (func (export "sumSquares") (param $n i32) (param $x i32) (result f64)
    (local $end i32) (local $v v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $sumA v128) (local $sumB v128) (local $sumC v128) (local $sumD v128)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $v (v128.load (local.get $x)))
      (local.set $a (f64x2.promote_low_f32x4 (local.get $v)))
      (local.set $b
        (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v))))
      (local.set $v (v128.load offset=16 (local.get $x)))
      (local.set $c (f64x2.promote_low_f32x4 (local.get $v)))
      (local.set $d
        (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v))))
      (local.set $sumA (f64x2.add (local.get $sumA) (f64x2.mul (local.get $a) (local.get $a))))
      (local.set $sumB (f64x2.add (local.get $sumB) (f64x2.mul (local.get $b) (local.get $b))))
      (local.set $sumC (f64x2.add (local.get $sumC) (f64x2.mul (local.get $c) (local.get $c))))
      (local.set $sumD (f64x2.add (local.get $sumD) (f64x2.mul (local.get $d) (local.get $d))))
      (br_if $next (i32.ne (local.tee $x (i32.add (local.get $x) (i32.const 32))) (local.get $end))))
    (local.set $sumA
      (f64x2.add
        (f64x2.add (local.get $sumA) (local.get $sumB))
        (f64x2.add (local.get $sumC) (local.get $sumD))))
    (f64.add (f64x2.extract_lane 0 (local.get $sumA)) (f64x2.extract_lane 1 (local.get $sumA))))

  ;; y = a y + b x: accumulation (1, 1), moving average (d, 1 - d).
  (func (export "blend") (param $n i32) (param $y i32) (param $x i32) (param $a f32) (param $b f32)
    (local $end i32) (local $A v128) (local $B v128)
    (local.set $A (f32x4.splat (local.get $a)))
    (local.set $B (f32x4.splat (local.get $b)))
    (local.set $end (i32.add (local.get $y) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $y)
        (f32x4.add
          (f32x4.mul (local.get $A) (v128.load (local.get $y)))
          (f32x4.mul (local.get $B) (v128.load (local.get $x)))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $y (i32.add (local.get $y) (i32.const 16))) (local.get $end)))))

  ;; x = a x
  (func (export "scale") (param $n i32) (param $x i32) (param $a f32)
    (local $end i32) (local $A v128)
    (local.set $A (f32x4.splat (local.get $a)))
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (v128.store (local.get $x) (f32x4.mul (local.get $A) (v128.load (local.get $x))))
      (br_if $next (i32.ne (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $end)))))

  ;; y = x
  (func (export "copy") (param $n i32) (param $y i32) (param $x i32)
    (memory.copy (local.get $y) (local.get $x) (i32.shl (local.get $n) (i32.const 2))))
)
