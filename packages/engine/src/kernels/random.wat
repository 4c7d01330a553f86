;; Counter-based random numbers. `philox` writes raw bits; the other passes turn them into numbers in place.
;;
;; Pointers are byte offsets, multiples of 16. All arithmetic is IEEE 754 without fused operations, so that every
;; machine and browser computes the same bits.
(module
  (import "env" "memory" (memory 1))

  ;; Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). Four counters at a time, one in each lane: group b holds counters
  ;; (4 b + lane) and fills 16 words, word w of lane l at position 4 w + l. (hi, lo) is the counter of the first lane;
  ;; c2 and c3 are the two upper counter words. The shuffles gather the upper words of 32 x 32 bit products. Two groups,
  ;; a and b, go through the rounds side by side, since one alone waits for its products half of the time.
  (func (export "philox") (param $pairs i32) (param $out i32)
      (param $lo i32) (param $hi i32) (param $c2 i32) (param $c3 i32) (param $keyLo i32) (param $keyHi i32)
    (local $counter i64) (local $round i32) (local $k0 i32) (local $k1 i32)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128) (local $at v128) (local $au v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128) (local $bt v128) (local $bu v128)
    (local $M0 v128) (local $M1 v128)
    (local.set $M0 (i32x4.splat (i32.const 0xD2511F53)))
    (local.set $M1 (i32x4.splat (i32.const 0xCD9E8D57)))
    (local.set $counter
      (i64.or
        (i64.shl (i64.extend_i32_u (local.get $hi)) (i64.const 32))
        (i64.extend_i32_u (local.get $lo))))
    (loop $next
      (local.set $a0
        (i32x4.add (i32x4.splat (i32.wrap_i64 (local.get $counter))) (v128.const i32x4 0 1 2 3)))
      (local.set $a1 (i32x4.splat (i32.wrap_i64 (i64.shr_u (local.get $counter) (i64.const 32)))))
      (local.set $a2 (i32x4.splat (local.get $c2)))
      (local.set $a3 (i32x4.splat (local.get $c3)))
      (local.set $counter (i64.add (local.get $counter) (i64.const 4)))
      (local.set $b0
        (i32x4.add (i32x4.splat (i32.wrap_i64 (local.get $counter))) (v128.const i32x4 0 1 2 3)))
      (local.set $b1 (i32x4.splat (i32.wrap_i64 (i64.shr_u (local.get $counter) (i64.const 32)))))
      (local.set $b2 (i32x4.splat (local.get $c2)))
      (local.set $b3 (i32x4.splat (local.get $c3)))
      (local.set $k0 (local.get $keyLo))
      (local.set $k1 (local.get $keyHi))
      (local.set $round (i32.const 10))
      (loop $rounds
        (local.set $at
          (v128.xor
            (v128.xor
              (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                (i64x2.extmul_low_i32x4_u (local.get $a2) (local.get $M1))
                (i64x2.extmul_high_i32x4_u (local.get $a2) (local.get $M1)))
              (local.get $a1))
            (i32x4.splat (local.get $k0))))
        (local.set $au
          (v128.xor
            (v128.xor
              (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                (i64x2.extmul_low_i32x4_u (local.get $a0) (local.get $M0))
                (i64x2.extmul_high_i32x4_u (local.get $a0) (local.get $M0)))
              (local.get $a3))
            (i32x4.splat (local.get $k1))))
        (local.set $bt
          (v128.xor
            (v128.xor
              (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                (i64x2.extmul_low_i32x4_u (local.get $b2) (local.get $M1))
                (i64x2.extmul_high_i32x4_u (local.get $b2) (local.get $M1)))
              (local.get $b1))
            (i32x4.splat (local.get $k0))))
        (local.set $bu
          (v128.xor
            (v128.xor
              (i8x16.shuffle 4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31
                (i64x2.extmul_low_i32x4_u (local.get $b0) (local.get $M0))
                (i64x2.extmul_high_i32x4_u (local.get $b0) (local.get $M0)))
              (local.get $b3))
            (i32x4.splat (local.get $k1))))
        (local.set $a1 (i32x4.mul (local.get $a2) (local.get $M1)))
        (local.set $a3 (i32x4.mul (local.get $a0) (local.get $M0)))
        (local.set $a0 (local.get $at))
        (local.set $a2 (local.get $au))
        (local.set $b1 (i32x4.mul (local.get $b2) (local.get $M1)))
        (local.set $b3 (i32x4.mul (local.get $b0) (local.get $M0)))
        (local.set $b0 (local.get $bt))
        (local.set $b2 (local.get $bu))
        (local.set $k0 (i32.add (local.get $k0) (i32.const 0x9E3779B9)))
        (local.set $k1 (i32.add (local.get $k1) (i32.const 0xBB67AE85)))
        (br_if $rounds (local.tee $round (i32.sub (local.get $round) (i32.const 1)))))
      (v128.store (local.get $out) (local.get $a0))
      (v128.store offset=16 (local.get $out) (local.get $a1))
      (v128.store offset=32 (local.get $out) (local.get $a2))
      (v128.store offset=48 (local.get $out) (local.get $a3))
      (v128.store offset=64 (local.get $out) (local.get $b0))
      (v128.store offset=80 (local.get $out) (local.get $b1))
      (v128.store offset=96 (local.get $out) (local.get $b2))
      (v128.store offset=112 (local.get $out) (local.get $b3))
      (local.set $out (i32.add (local.get $out) (i32.const 128)))
      (local.set $counter (i64.add (local.get $counter) (i64.const 4)))
      (br_if $next (local.tee $pairs (i32.sub (local.get $pairs) (i32.const 1))))))

  ;; The upper 24 bits as a multiple of 2^-24 in [0, 1): exact.
  (func $unit (param $bits v128) (result v128)
    (f32x4.mul
      (f32x4.convert_i32x4_u (i32x4.shr_u (local.get $bits) (i32.const 8)))
      (v128.const f32x4 0x1p-24 0x1p-24 0x1p-24 0x1p-24)))

  ;; ln(m 2^e), given s = (m - 1) / (m + 1): e ln 2 + 2 artanh(s), with the odd Taylor series up to
  ;; s^9. For |s| <= 0.1716 (m between sqrt(1/2) and sqrt(2)) the series is cut below 3e-9 of its value.
  (func $logFromRatio (param $s v128) (param $e v128) (result v128)
    (local $z v128)
    (local.set $z (f32x4.mul (local.get $s) (local.get $s)))
    (f32x4.add
      (f32x4.mul (local.get $e)
        (v128.const f32x4 0.6931471805599453 0.6931471805599453 0.6931471805599453 0.6931471805599453))
      (f32x4.mul (f32x4.add (local.get $s) (local.get $s))
        (f32x4.add (v128.const f32x4 1 1 1 1)
          (f32x4.mul (local.get $z)
            (f32x4.add
              (v128.const f32x4 0.3333333333333333 0.3333333333333333 0.3333333333333333 0.3333333333333333)
              (f32x4.mul (local.get $z)
                (f32x4.add (v128.const f32x4 0.2 0.2 0.2 0.2)
                  (f32x4.mul (local.get $z)
                    (f32x4.add
                      (v128.const f32x4 0.14285714285714285 0.14285714285714285 0.14285714285714285 0.14285714285714285)
                      (f32x4.mul (local.get $z)
                        (v128.const f32x4 0.1111111111111111 0.1111111111111111 0.1111111111111111 0.1111111111111111)))))))))))
  )

  ;; Exponent of a positive normal x, chosen so that x 2^-e lies in [sqrt(1/2), sqrt(2)); as an integer.
  (func $exponent (param $x v128) (result v128)
    (i32x4.shr_s
      (i32x4.sub (local.get $x) (v128.const i32x4 0x3F3504F3 0x3F3504F3 0x3F3504F3 0x3F3504F3))
      (i32.const 23)))

  ;; ln x for positive normal x.
  (func $log (param $x v128) (result v128)
    (local $e v128) (local $m v128)
    (local.set $e (call $exponent (local.get $x)))
    (local.set $m (i32x4.sub (local.get $x) (i32x4.shl (local.get $e) (i32.const 23))))
    (call $logFromRatio
      (f32x4.div
        (f32x4.sub (local.get $m) (v128.const f32x4 1 1 1 1))
        (f32x4.add (local.get $m) (v128.const f32x4 1 1 1 1)))
      (f32x4.convert_i32x4_s (local.get $e))))

  ;; -ln u for u = (bits + 1/2) / 2^32, accurate at both ends: near u = 1 it starts from 1 - u, which the complement of
  ;; the bits gives without cancellation. Between 1.16e-10 and 22.9; never 0.
  (func $exponential (param $bits v128) (result v128)
    (local $u v128) (local $rest v128) (local $near v128) (local $e v128) (local $m v128)
    (local.set $u
      (f32x4.mul
        (f32x4.add (f32x4.convert_i32x4_u (local.get $bits)) (v128.const f32x4 0.5 0.5 0.5 0.5))
        (v128.const f32x4 0x1p-32 0x1p-32 0x1p-32 0x1p-32)))
    (local.set $rest
      (f32x4.mul
        (f32x4.add (f32x4.convert_i32x4_u (v128.not (local.get $bits))) (v128.const f32x4 0.5 0.5 0.5 0.5))
        (v128.const f32x4 0x1p-32 0x1p-32 0x1p-32 0x1p-32)))
    (local.set $near (f32x4.lt (local.get $rest) (v128.const f32x4 0.25 0.25 0.25 0.25)))
    (local.set $e (v128.andnot (call $exponent (local.get $u)) (local.get $near)))
    (local.set $m (i32x4.sub (local.get $u) (i32x4.shl (local.get $e) (i32.const 23))))
    (f32x4.neg
      (call $logFromRatio
        (f32x4.div
          (v128.bitselect
            (f32x4.neg (local.get $rest))
            (f32x4.sub (local.get $m) (v128.const f32x4 1 1 1 1))
            (local.get $near))
          (v128.bitselect
            (f32x4.sub (v128.const f32x4 2 2 2 2) (local.get $rest))
            (f32x4.add (local.get $m) (v128.const f32x4 1 1 1 1))
            (local.get $near)))
        (f32x4.convert_i32x4_s (local.get $e)))))

  (func (export "toUniform") (param $n i32) (param $x i32)
    (loop $next
      (v128.store (local.get $x) (call $unit (v128.load (local.get $x))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 4))))))

  ;; value where the uniform number is below `keep`, else 0.
  (func (export "toBernoulli") (param $n i32) (param $x i32) (param $keep f32) (param $value f32)
    (local $KEEP v128) (local $VALUE v128)
    (local.set $KEEP (f32x4.splat (local.get $keep)))
    (local.set $VALUE (f32x4.splat (local.get $value)))
    (loop $next
      (v128.store (local.get $x)
        (v128.and (local.get $VALUE)
          (f32x4.lt (call $unit (v128.load (local.get $x))) (local.get $KEEP))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 4))))))

  (func (export "toGumbel") (param $n i32) (param $x i32)
    (loop $next
      (v128.store (local.get $x)
        (f32x4.neg (call $log (call $exponential (v128.load (local.get $x))))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 4))))))

  ;; Box-Muller (1958): words 2 w and 2 w + 1 of a counter become r cos a and r sin a, r = sqrt(-2 ln u). The angle is a
  ;; quarter turn times q + t: q the two upper bits, t in [-1/2, 1/2) the other thirty. Sine and cosine of t's part
  ;; (at most pi/4) by Taylor series up to x^9 and x^10, cut below 2e-9; the quarter turns swap them and change signs.
  ;; n is a multiple of 8.
  (func (export "toNormal") (param $n i32) (param $x i32)
    (local $bits v128) (local $r v128) (local $a v128) (local $z v128) (local $sin v128) (local $cos v128)
    (local $swap v128) (local $SIGN v128)
    (local.set $SIGN (v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000))
    (loop $next
      (local.set $r
        (f32x4.sqrt (f32x4.mul (call $exponential (v128.load (local.get $x))) (v128.const f32x4 2 2 2 2))))
      (local.set $bits (v128.load offset=16 (local.get $x)))
      ;; pi/4 / 2^31 times the lower thirty bits as a signed number scaled up by four.
      (local.set $a
        (f32x4.mul
          (f32x4.convert_i32x4_s (i32x4.shl (local.get $bits) (i32.const 2)))
          (v128.const f32x4 3.657295198e-10 3.657295198e-10 3.657295198e-10 3.657295198e-10)))
      (local.set $z (f32x4.mul (local.get $a) (local.get $a)))
      (local.set $sin
        (f32x4.mul (local.get $a)
          (f32x4.add (v128.const f32x4 1 1 1 1)
            (f32x4.mul (local.get $z)
              (f32x4.add (v128.const f32x4 -1.6666667e-1 -1.6666667e-1 -1.6666667e-1 -1.6666667e-1)
                (f32x4.mul (local.get $z)
                  (f32x4.add (v128.const f32x4 8.3333333e-3 8.3333333e-3 8.3333333e-3 8.3333333e-3)
                    (f32x4.mul (local.get $z)
                      (f32x4.add (v128.const f32x4 -1.9841270e-4 -1.9841270e-4 -1.9841270e-4 -1.9841270e-4)
                        (f32x4.mul (local.get $z)
                          (v128.const f32x4 2.7557319e-6 2.7557319e-6 2.7557319e-6 2.7557319e-6)))))))))))
      (local.set $cos
        (f32x4.add (v128.const f32x4 1 1 1 1)
          (f32x4.mul (local.get $z)
            (f32x4.add (v128.const f32x4 -0.5 -0.5 -0.5 -0.5)
              (f32x4.mul (local.get $z)
                (f32x4.add (v128.const f32x4 4.1666667e-2 4.1666667e-2 4.1666667e-2 4.1666667e-2)
                  (f32x4.mul (local.get $z)
                    (f32x4.add (v128.const f32x4 -1.3888889e-3 -1.3888889e-3 -1.3888889e-3 -1.3888889e-3)
                      (f32x4.mul (local.get $z)
                        (f32x4.add (v128.const f32x4 2.4801587e-5 2.4801587e-5 2.4801587e-5 2.4801587e-5)
                          (f32x4.mul (local.get $z)
                            (v128.const f32x4 -2.7557319e-7 -2.7557319e-7 -2.7557319e-7 -2.7557319e-7))))))))))))
      ;; q = 2 s + c: odd q swaps; the cosine is negative for q = 1, 2 and the sine for q = 2, 3.
      (local.set $swap (i32x4.shr_s (i32x4.shl (local.get $bits) (i32.const 1)) (i32.const 31)))
      (v128.store (local.get $x)
        (f32x4.mul (local.get $r)
          (v128.xor
            (v128.bitselect (local.get $sin) (local.get $cos) (local.get $swap))
            (v128.and (local.get $SIGN)
              (v128.xor (local.get $bits) (i32x4.shl (local.get $bits) (i32.const 1)))))))
      (v128.store offset=16 (local.get $x)
        (f32x4.mul (local.get $r)
          (v128.xor
            (v128.bitselect (local.get $cos) (local.get $sin) (local.get $swap))
            (v128.and (local.get $SIGN) (local.get $bits)))))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 8))))))
)
