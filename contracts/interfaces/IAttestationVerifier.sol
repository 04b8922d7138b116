// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentId} from "../types/Ids.sol";
import {EnvironmentRegistration} from "./IEnvironmentRegistry.sol";

/// @title IAttestationVerifier
/// @notice Checks on chain that an environment is what its registration says. Anyone can write one; its address is recorded
/// with the environment, and each reader's policy chooses which verifiers to believe.
interface IAttestationVerifier {
    /// @notice Whether the verifier vouches for a registration. May also revert to refuse.
    /// @param environmentId The environment's id, which binds chain, registry and registrant.
    /// @param registration What is being registered.
    /// @param statement What the verifier needs: a document, signatures of attesters, a proof.
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata registration,
        bytes calldata statement
    ) external view returns (bool);
}
