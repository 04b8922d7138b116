// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Signatures of keys and accounts
/// @notice ECDSA first, then ERC-1271: an account with delegated code (EIP-7702) is believed both by its own key and by
/// its code. OpenZeppelin's SignatureChecker would ask the code alone.
library Signatures {
    /// @notice Whether the plain key behind an address signed a digest. Malleable signatures (high s) fail.
    function isByKey(address signer, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        (address recovered, ECDSA.RecoverError err, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return err == ECDSA.RecoverError.NoError && recovered == signer;
    }

    /// @notice Whether an account signed a digest, by its key or by its code (ERC-1271).
    function isByAccount(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return
            isByKey(account, digest, signature) ||
            SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }
}
